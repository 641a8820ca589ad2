"""German."""

WORDS = {
    "phase": "Phase, Teilphase",
    "stage": "Stufe, Etappe, Schritt, Stadium, Abschnitt, Ausbaustufe, Rolloutstufe, Rollout-Stufe",
    "wave": "Welle, Ring, Runde, Kohorte, Tranche, Rollout-Welle, Rolloutwelle",
    "week": "Woche, Wochen, KW",
    "day": "Tag, Tage, Tagen",
    "month": "Monat, Monate, Monaten",
    "sprint": "Sprint",
    "rollout": "Einführung, Rollout, Ausrollung, Pilot, Freigabe",
    "numbers": "null, eins, zwei, drei, vier, fünf, sechs, sieben, acht, neun, zehn, elf, zwölf",
    "ordinals": "erste*, zweite*, dritte*, vierte*, fünfte*, sechste*, siebte*, achte*, neunte*, zehnte*",
    "to": "bis, bis zu",
    "about": "ca, circa, etwa, rund, ungefähr, zirka",
    "all": "alle, allen, sämtliche, jeder",
    "everyone": "alle Nutzenden",
    "ongoing": "laufend, fortlaufend, dauerhaft, kontinuierlich, unbefristet",
    "months": (
        "Januar, Februar, März, April, Mai, Juni, Juli, August, September, Oktober, November, Dezember"
    ),
    "months_short": "Jan, Feb, Mär, Apr, Mai, Jun, Jul, Aug, Sep, Okt, Nov, Dez",
    "open_before": "ab, seit",
    "open_after": "und später, fortlaufend",
    "filler": "de, den, der, die, auf, von",
    "per_word": "pro, je",
    "scale_word": "Skala",
    "out_of": "von",
    "zero_alone": "null, nul",
    "conjunction": "und",
    "sum": "und, plus",
    "first_last": "den ersten, den letzten, ersten, letzten, den",
    "step_word": "Schritt",
    "not_given": "offen, noch offen, wie oben, siehe oben, entfällt, keine",
    "status": "abgeschlossen, laufend, geplant, offen, erledigt, in Arbeit",
    "calendar_words": "aufeinanderfolgende, aufeinanderfolgenden, volle, weitere",
    "baseline_word": "Kontrollgruppe, Ausgangswert, Basiswert",
    "unit_ms": "Millisekunde*",
    "unit_s": "Sekunde, Sekunden, Sek",
    "unit_min": "Minute, Minuten, Min",
    "unit_h": "Stunde, Stunden, Std, Werkstunden",
    "unit_d": (
        "Tag, Tage, Tagen, Arbeitstag, Arbeitstage, Arbeitstagen, Werktag, Werktage, Werktagen, Kalendertage*"
    ),
    "unit_w": "Woche, Wochen",
    "unit_mo": "Monat, Monate, Monaten",
    "unit_y": "Jahr, Jahre, Jahren",
    "unit_pct": "Prozent, v. H.",
    "unit_pp": "Prozentpunkt*",
    "thousand": "Tsd, Tausend",
    "million": "Mio, Millionen",
    "lt": (
        "weniger als, unter, kleiner als, geringer als, niedriger als, unterhalb, unterhalb von, "
        "kürzer als, schneller als"
    ),
    "le": (
        "höchstens, maximal, nicht mehr als, max, bis zu, nicht über, längstens, nicht länger als, "
        "spätestens nach, innerhalb von, innerhalb, binnen"
    ),
    "gt": (
        "mehr als, über, größer als, höher als, übersteigt, überschreitet, oberhalb, oberhalb von, "
        "länger als, steigt über, liegt über"
    ),
    "ge": "mindestens, wenigstens, nicht weniger als, nicht unter, minimal, mind, erreicht",
    "drop": "fällt unter, sinkt unter, unterschreitet, fällt auf unter, liegt unter",
    "le_after": "oder weniger, oder niedriger, oder schneller",
    "ge_after": "oder mehr, oder höher, oder besser, und mehr",
    "within": "innerhalb, innerhalb von, binnen",
    "window": (
        "für, über, während, in, nach, innerhalb der ersten, in den ersten, in den letzten, je, pro, an"
    ),
    "consecutive": "aufeinanderfolgend*, in Folge, am Stück",
    "no": "kein, keine, keinen, keinerlei, keine neuen, keine offenen, ohne",
    "not": "nicht",
    "but": "aber, und",
    "and": "und, sowie",
    "or": "oder",
    "if": "wenn, falls, sofern, sobald",
    "proceed": "weiter, fortfahren, fortsetzen",
    "previously": (
        "von, gegenüber, im Vergleich zu, bisher, derzeit, aktuell, Ausgangswert, vorher, statt, Skala, heute"
    ),
    "increase": "Steigerung, Zunahme, Anstieg, Wachstum, Zuwachs, Verbesserung, mehr",
    "decrease": "Rückgang, Senkung, Reduktion, Reduzierung, Abnahme, weniger",
    "lower_better": (
        "Fehler*, Absturz*, Abstürze*, Absturzrate, Fehlerrate, Latenz*, Antwortzeit*, Ladezeit*, "
        "Störung*, Ausfall*, Beschwerde*, Ticket*, Abwanderung*, Kündigung*, Bearbeitungszeit*, "
        "Wartezeit*, Kosten, Reaktionszeit*"
    ),
    "rating": "Bewertung, Sterne, Note",
    "nps": "NPS",
    "reached": (
        "aktiv, aktive, aktiviert, registriert, eingeladen, geschult, angebunden, umgestellt, migriert, "
        "ausgefüllt"
    ),
    "target": "Ziel, Zielwert, Schwelle, Schwellwert, Schwellenwert, Grenzwert, Soll, Sollwert",
    "alert_key": "Alarm, Warnung, Alarmschwelle, Warnschwelle",
    "trend": "beobachten, verfolgen",
    "people": (
        "Nutzer, Nutzern, Nutzende, Nutzenden, Benutzer, Benutzern, Anwender, Anwendern, Anwenderinnen, "
        "Kunden, Kundinnen, Tester, Testern, Testpersonen, Testerinnen, Teilnehmer, Teilnehmern, "
        "Teilnehmende, Teilnehmenden, Mitarbeiter, Mitarbeitern, Mitarbeitende, Mitarbeitenden, Personen, "
        "Nutzerinnen, Benutzerinnen, Standorte, Standorten, Standort, Filialen, Filiale, Kliniken, Klinik, "
        "Krankenhäuser, Praxen, Praxis, Schulen, Schule, Betriebe, Firmen, Mandanten, Abteilungen, Teams, "
        "Konten, Geräte, Geräten, Lehrkräfte, Patienten, Patientinnen, Pilotkunden, Pilotanwender, "
        "Pilotnutzer, Gemeinden, Bürgerinnen, Bürger, Beschäftigte, Beschäftigten, Partner, Apotheken, "
        "Büros, Niederlassungen, Märkte, Haushalte, Stationen, Ärzte, Pflegekräfte, Arbeitsplätze, "
        "Bibliotheken, Kolleginnen, Kollegen, Studierende, Kassen, Familien, Einrichtungen, Werke, Lager, "
        "Fahrer, Fahrende, Haushalten, Lehrer, Bürgern, Ämter, Behörden, Verkaufsstellen, Testnutzer, "
        "Pilotbetriebe"
    ),
    "exposure": (
        "freigeschaltet, freischalten, Freischaltung, verfügbar, ausrollen, ausgerollt, öffnen, Freigabe, "
        "Zugang, Rollout, umgestellt, umstellen, erhalten, nutzen"
    ),
    "internal": "intern, interne, internen",
    "go": "Go-Kriterien, Go wenn, Go bei, Go, Freigabe bei, Weiter wenn, Freigabe wenn",
    "nogo": "No-Go-Kriterien, No-Go, No-Go bei, No-Go wenn, Nogo, Keine Freigabe*, Stopp wenn",
    "gate": (
        "Go/No-Go, Go-/No-Go, Go / No-Go, Go-/No-Go-Kriterien, Go/No-Go-Entscheidung, Go/No-Go-Kriterien, "
        "Freigabekriterien, Freigabe, Übergangskriterien, Austrittskriterien, Ausstiegskriterien, "
        "Entscheidungspunkt, Quality Gate, Gate, Kriterien für den Übergang, Übergang zu, "
        "Freigabebedingungen, Übergangsbedingungen, Freigabe-Kriterien, Entscheidungskriterien, Tor, "
        "Freigabetor, Phasenübergang, Kriterien für Phase, Kriterien für Stufe, "
        "Voraussetzung für den Übergang, Weiter geht es wenn, Kriterien zum Fortfahren, "
        "Fortsetzungskriterien, Übergang in, Kriterien für die Freigabe, Kriterien für den Start, "
        "Übergabekriterien, Meilensteinkriterien"
    ),
    "criteria": (
        "Erfolgskriterien, Erfolgskriterium, Erfolgsmessung, Erfolgskennzahlen, Abnahmekriterien, "
        "Akzeptanzkriterien, Eintrittskriterien, Eingangskriterien, Kriterien, Abschlusskriterien, "
        "Qualitätskriterien, Erfolgsindikatoren, Qualitätsziele, Erfolg gemessen an, Erfolgsfaktoren, "
        "Erfolg wenn, erfolgreich wenn, gilt als erfolgreich"
    ),
    "success_alone": "Erfolg, Abnahme erfolgt",
    "metrics": (
        "Kennzahlen, Kennzahl, Metriken, Metrik, KPIs, KPI, Messgrößen, Messwerte, Zielwerte, "
        "Schwellwerte, Schwellenwerte, Grenzwerte, Indikatoren, Überwachung, Monitoring, "
        "Leistungskennzahlen"
    ),
    "alert": "Alarme, Warnungen, Alarmierung, Alarmschwellen",
    "trigger": (
        "Rollback-Auslöser, Auslöser für Rollback, Auslöser für den Rollback, Auslöser, "
        "Rollback-Kriterien, Rollback-Bedingungen, Rollback bei, Abbruchkriterien, Abbruchbedingungen, "
        "Rückfallkriterien, Rückabwicklungskriterien, Stoppkriterien, Auslöser für einen Rollback, "
        "Rollback wenn, Kriterien für Rollback, Kriterien für einen Rollback, Stoppbedingungen, "
        "Rücknahmekriterien, Auslöser für die Rücknahme, Sofortiger Rollback, Automatischer Rollback, "
        "Pause bei, Rücksetzkriterien, Abbruch wenn, Abbruch bei, Abbruch falls, wann wir stoppen, "
        "wir stoppen wenn"
    ),
    "rollback": (
        "Rollback, Rückfall, Rückfallplan, Rücknahme, Rückabwicklung, Rollback-Plan, Rollback-Verfahren, "
        "Zurücksetzen, Rückfallebene, Rollback-Schritte, Rückbau, Ablauf des Rollbacks"
    ),
    "objective": "Ziele, Ziel, Zielsetzung, Zweck, Schwerpunkt",
    "audience": (
        "Zielgruppe, Teilnehmer, Teilnehmende, Teilnehmerkreis, Nutzerkreis, Anwenderkreis, Umfang, "
        "Nutzer, Gruppe, Größe, Wer, Kreis, Testgruppe, Pilotgruppe, Reichweite, Anteil, Nutzergruppe, "
        "Nutzeranteil, Kohorte, Teilnehmerzahl, Anwender, Benutzer"
    ),
    "selection": (
        "Auswahlkriterien, Auswahl, Teilnahmebedingungen, Voraussetzungen für Teilnehmer, Anforderungen, "
        "Profil, Auswahlverfahren"
    ),
    "duration": (
        "Dauer, Zeitraum, Termin, Termine, Datum, Laufzeit, Zeitplan, Beginn, Start, Zeit, Wann, Ende, "
        "Zeitrahmen"
    ),
    "deliverable": "Ergebnisse, Liefergegenstände, Lieferobjekte, Arbeitsergebnisse",
    "activity": (
        "Aufgaben, Aktivitäten, Maßnahmen, Tätigkeiten, Arbeitsschritte, Vorgehen, Ablauf, Durchführung, "
        "Inhalt, Inhalte, Vorbereitung"
    ),
    "checklist": "Checkliste, Checklisten, Prüfliste, Voraussetzungen, Bereitschaft, Vorbereitungen",
    "prerequisite": "Voraussetzungen, Eintrittskriterien, Eingangskriterien, Vorbedingungen",
    "communication": (
        "Kommunikation, Kommunikationsplan, Kommunikationsmaßnahmen, Ankündigung, Ankündigungen, "
        "Information der Nutzer, Kommunikationskonzept, Information"
    ),
    "signoff": (
        "Freigaben, Abnahme, Unterschriften, Zustimmung, Genehmigung, Genehmigungen, Freigabe durch, "
        "Unterschrift, Sign-off, Freigabevermerk, Abzeichnung, Freigabeunterschriften"
    ),
    "risk": (
        "Risiko, Risiken, Risikomanagement, Risikobewertung, Risikoanalyse, Risikominderung, "
        "Risiken und Maßnahmen"
    ),
    "budget": "Budget, Kosten, Kostenplan, Aufwand",
    "contact": "Kontakte, Ansprechpartner, Ansprechpersonen, Kontakt, Team",
    "oncall": "Bereitschaftsdienst, Rufbereitschaft, Bereitschaftsplan",
    "escalation": "Eskalation, Eskalationsweg, Eskalationspfad, Eskalationsstufen",
    "support": (
        "Support, Unterstützung, Hilfe, Reaktionszeiten, Servicezeiten, Betreuung, Prioritäten, Schweregrade"
    ),
    "feature": "Funktionen, Funktionsumfang, Umgesetzt, Stand, Erledigt",
    "other": (
        "Überblick, Zusammenfassung, Einleitung, Anhang, Glossar, Quellen, Werkzeuge, Schulung, "
        "Schulungen, Fazit, Hintergrund, Rückmeldungen, Feedback, Nachbereitung, Berichtswesen, "
        "Nächste Schritte, Rollen, Dokumentation, Technik, Ausgangslage"
    ),
    "template": "Vorlage, Muster, Beispiel",
    "ramp": "Hochlauf, Staffelung, schrittweise Ausrollung, Ramp-up, Ausrollplan, Stufenplan",
    "batch": "Charge, Paket, Tranche",
    "nonplan": (
        "Umgesetzte Funktionen, Anhang, Vorlage, Beispiel, Nächste Schritte, Inhaltsverzeichnis, Inhalt, "
        "Historie"
    ),
    "plan": (
        "Rollout, Phasen, Zeitplan, Ablauf, Stufen, Wellen, Einführung, Einführungsplan, Phasenplan, "
        "Rollout-Phasen, Vorgehen, Plan, Rolloutplan, Einführungsphasen"
    ),
    "stage_names": (
        "Pilot, Pilotphase, Pilotbetrieb, Testphase, Vorbereitung, interner Test, Interne Erprobung, "
        "Interne Testphase, geschlossene Beta, offene Beta, Erweiterung, Vollausbau, Vollbetrieb, "
        "Regelbetrieb, Flächenrollout, Vollrollout, Produktivbetrieb, Produktivstart, Einführung, "
        "vollständige Einführung, Breiter Rollout, Ausweitung, Teilrollout, Betrieb, Stabilisierung, "
        "Allgemeine Verfügbarkeit, Erprobung, Probebetrieb"
    ),
    "launch_names": (
        "Go-Live, Vollbetrieb, Regelbetrieb, Vollausbau, Flächenrollout, Vollrollout, "
        "vollständige Einführung, Allgemeine Verfügbarkeit, Produktivstart"
    ),
    "leaving": "Austritt*, Ausstieg*, Abschluss*",
    "trigger_words": (
        "Auslöser*, Kriterien, Rollback-Kriterien, Abbruchkriterien, Rückfallkriterien, Stoppkriterien, "
        "Bedingung*, wenn, bei"
    ),
    "mode_pause": "Pause*, anhalten, Stopp",
    "mode_auto": "automatisch*",
    "mode_immediate": "sofort*",
    "col_metric": (
        "Kennzahl, Metrik, KPI, Kriterium, Messgröße, Indikator, Merkmal, Prüfpunkt, Messwert, Größe"
    ),
    "col_target": (
        "Ziel, Zielwert, Soll, Sollwert, Schwelle, Schwellwert, Schwellenwert, Grenzwert, Mindestwert, "
        "Mindestens, Erwartet, Grenze, Kriterium"
    ),
    "col_alert": (
        "Alarm, Alarmwert, Warnung, Warnschwelle, Alarmschwelle, kritisch, Abbruch, Eskalation ab, "
        "Rollback, Stopp"
    ),
    "col_stretch": "Wunschziel, Idealwert, Optimum, Stretch",
    "col_actual": "Ist, Istwert, Aktuell, Ergebnis, Status, Ausgangswert, Stand, Bisher, Heute",
    "col_frequency": (
        "Häufigkeit, Turnus, Quelle, Messung, Messmethode, Bemerkung, Bemerkungen, Beschreibung, "
        "Intervall, Verantwortlich, Zeitfenster"
    ),
    "col_phase": "Phase, Stufe, Welle, Woche, Tag, Etappe, Ring, Monat, Abschnitt, Schritt",
    "col_name": "Name, Titel, Bezeichnung, Inhalt",
    "col_audience": (
        "Zielgruppe, Nutzer, Anwender, Teilnehmer, Umfang, Nutzerkreis, Teilnehmende, Gruppe, Wer, Anzahl, "
        "Benutzer, Standorte, Personen, Kreis, Filialen, Kliniken, Geräte, Mitarbeitende, Kunden, Tester"
    ),
    "col_percent": "Anteil, Prozent, Anteil der Nutzer, Verkehr, Traffic, Reichweite, Abdeckung",
    "col_when": (
        "Wann, Zeitraum, Termin, Datum, Dauer, Woche, Tag, Zeit, Zeitpunkt, Beginn, Ende, Start, "
        "Kalenderwoche, Fällig"
    ),
    "col_what": (
        "Was, Maßnahme, Kommunikation, Aktivität, Nachricht, Aufgabe, Botschaft, Inhalt, Thema, Anlass"
    ),
    "col_who": "Zielgruppe, Empfänger, An wen, Adressat, Adressaten, An",
    "col_channel": "Kanal, Medium, Weg, Format, Kanäle",
    "col_owner": "Verantwortlich, Verantwortliche, Zuständig, Wer, Durch, Rolle, Verantwortung, Absender",
    "col_approver": (
        "Freigebende, Freigabe durch, Genehmiger, Freigeber, Entscheider, Freigebender, Zuständig, Rolle"
    ),
    "col_signature": "Unterschrift, Freigabe, Signatur",
    "col_risk": "Risiko, Risiken",
    "col_probability": "Wahrscheinlichkeit, Eintrittswahrscheinlichkeit",
    "col_impact": "Auswirkung, Auswirkungen, Schaden, Schwere",
    "col_mitigation": "Maßnahme, Maßnahmen, Gegenmaßnahme, Gegenmaßnahmen, Minderung",
    "col_cost": "Kosten, Betrag, Aufwand, Preis",
    "col_trigger": "Auslöser, Bedingung, Ereignis",
    "attributes": (
        "Teilnehmer, Dauer, Inhalt, Zeit, Kanal, Ort, Zielgruppe, Häufigkeit, Wann, Wer, Format, "
        "Verantwortlich, Themen, Zweck, Termin, Empfänger"
    ),
    "channels": (
        "E-Mail*, Rundmail*, Newsletter*, Ankündigung*, Pressemitteilung*, Intranet*, Webinar*, Aushang*"
    ),
    "sign_fields": "Datum, Unterschrift, Name, Bemerkung, Bemerkungen, Ort, Status",
    "stopwords": "der, die, das, und, für, mit, ist, von, auf, nicht, werden",
}
