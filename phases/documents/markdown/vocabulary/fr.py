"""French."""

WORDS = {
    "phase": "phase",
    "stage": "étape, palier, stade, jalon",
    "wave": "vague, cohorte, anneau, lot, tranche",
    "week": "semaine, semaines, sem",
    "day": "jour, jours, j",
    "month": "mois",
    "sprint": "sprint",
    "rollout": "déploiement, lancement, pilote",
    "numbers": "zéro, un, deux, trois, quatre, cinq, six, sept, huit, neuf, dix, onze, douze",
    "ordinals": (
        "première, premier, deuxième, troisième, quatrième, cinquième, sixième, septième, huitième, "
        "neuvième, dixième"
    ),
    "to": "à, au, jusqu'à",
    "about": "environ, à peu près, près de, autour de",
    "all": "tous, toutes, tous les, toutes les, tout, l'ensemble des, ensemble des, l'ensemble",
    "everyone": "tout le monde",
    "ongoing": "en continu, continu, permanent, en cours",
    "months": (
        "janvier, février, mars, avril, mai, juin, juillet, août, septembre, octobre, novembre, décembre"
    ),
    "months_short": "janv, févr, mars, avr, mai, juin, juil, août, sept, oct, nov, déc",
    "open_before": "à partir de la, à partir du, à partir de, dès la, dès le, dès",
    "open_after": "et suivantes, et au-delà",
    "filler": "de, à, le, la, les, des",
    "per_word": "par",
    "scale_word": "échelle",
    "out_of": "sur",
    "zero_alone": "zéro",
    "conjunction": "et",
    "sum": "et, plus",
    "first_last": "les premiers, les premières, les",
    "step_word": "étape",
    "not_given": "à définir, idem, sans objet, néant",
    "status": "terminé, terminée, en cours, prévu, prévue, à venir",
    "calendar_words": "pleins",
    "baseline_word": "référence, groupe témoin",
    "unit_ms": "milliseconde*",
    "unit_s": "seconde, secondes",
    "unit_min": "minute, minutes, mn",
    "unit_h": "heure, heures",
    "unit_d": "jour, jours, jours ouvrés, jours ouvrables, jour ouvré, j",
    "unit_w": "semaine, semaines",
    "unit_mo": "mois",
    "unit_y": "an, ans, année*",
    "unit_pct": "pour cent, pourcent",
    "unit_pp": "points, point de pourcentage, points de pourcentage",
    "thousand": "mille, milliers",
    "million": "millions, million",
    "lt": (
        "moins de, inférieur à, inférieure à, inférieurs à, inférieures à, en dessous de, sous, sous les, "
        "plus rapide que, moins d', moins des"
    ),
    "le": (
        "au plus, au maximum, maximum, max, pas plus de, jusqu'à, ne dépasse pas, n'excède pas, "
        "ne dépassant pas, inférieur ou égal à, inférieure ou égale à, plafonné à, n'excédant pas, dans les"
    ),
    "gt": (
        "plus de, supérieur à, supérieure à, supérieurs à, supérieures à, au-dessus de, dépasse, "
        "dépassant, excède, au-delà de, dépassent, plus d', excédant"
    ),
    "ge": (
        "au moins, minimum, au minimum, min, pas moins de, supérieur ou égal à, supérieure ou égale à, "
        "à partir de, atteint"
    ),
    "drop": (
        "descend sous, tombe sous, passe sous, chute sous, tombe en dessous de, descend en dessous de, "
        "passe en dessous de, baisse sous"
    ),
    "le_after": "ou moins, au plus, maximum, au maximum",
    "ge_after": "ou plus, au moins, minimum, et plus, au minimum",
    "within": "sous, dans les, en moins de, d'ici",
    "window": "pendant, sur, durant, en, après, dans les, au cours des, sur les, par, à",
    "consecutive": "consécutif*, consécutives, d'affilée, de suite",
    "no": "aucun, aucune, pas de, pas d', sans, zéro nouveau",
    "not": "pas, ne",
    "but": "mais, et",
    "and": "et",
    "or": "ou",
    "if": "si, lorsque, quand, dès que",
    "proceed": "poursuivre, continuer, passer",
    "previously": (
        "contre, par rapport à, actuellement, auparavant, aujourd'hui, avant, référence, échelle, au lieu de"
    ),
    "increase": "augmentation, hausse, croissance, progression, amélioration, gain",
    "decrease": "baisse, diminution, réduction",
    "lower_better": (
        "erreur*, plantage*, crash*, latence*, temps de réponse*, temps de chargement*, bug*, anomalie*, "
        "incident*, attrition, panne*, plainte*, réclamation*, ticket*, délai*, coût*, abandon*, "
        "désabonnement*, échec*, indisponibilité"
    ),
    "rating": "note, note moyenne, étoiles",
    "nps": "NPS",
    "reached": (
        "actifs, actives, activés, inscrits, intégrés, formés, connectés, migrés, complétés, répondants"
    ),
    "target": "cible*, objectif, seuil, plafond, visée",
    "alert_key": "alerte, seuil d'alerte, avertissement",
    "trend": "suivre, surveiller, observer",
    "people": (
        "utilisateurs, utilisateur, utilisatrices, testeurs, testeur, testeuses, clients, client, "
        "clientes, participants, participant, employés, collaborateurs, collaboratrices, salariés, "
        "personnes, membres, comptes, appareils, sites, site, magasins, magasin, agences, agence, "
        "hôpitaux, hôpital, écoles, école, établissements, établissement, entreprises, équipes, équipe, "
        "patients, élèves, étudiants, enseignants, communes, bureaux, boutiques, pharmacies, médecins, "
        "infirmiers, agents, usagers, abonnés, postes, filiales, partenaires, organisations, services, "
        "bénévoles, professeurs, conseillers, commerçants, restaurants, bibliothèques, régions, foyers, "
        "familles, famille, habitants, citoyens, livreurs, chauffeurs, dépôts, crèches, vendeurs, "
        "techniciens, lycées, collèges"
    ),
    "exposure": (
        "ouvert, ouverture, disponible, déployer, déployé, accès, activer, lancer, généralisation, "
        "généraliser, étendu, tous"
    ),
    "internal": "interne, internes",
    "go": "go si, critères de go, critères go, go, conditions de go",
    "nogo": (
        "no-go si, no-go, nogo, no go, critères de no-go, critères no-go, arrêt si, stop si, "
        "conditions de no-go"
    ),
    "gate": (
        "go/no-go, go / no-go, critères de passage, critères de sortie, condition* de passage, "
        "point de décision, décision go/no-go, jalon de décision, critères go/no-go, passage à, porte, "
        "passage en, critères de transition, conditions de sortie, critères de décision, "
        "critères de bascule, porte de passage, décision de passage, critères pour passer, "
        "critères pour continuer, avant de passer, conditions pour passer, critères de poursuite, "
        "critères de promotion"
    ),
    "criteria": (
        "critères de succès, critère de succès, critères de réussite, critères d'acceptation, "
        "indicateurs de succès, mesures de succès, critères d'entrée, critères de validation, critères, "
        "conditions de réussite, seuil minimum, objectifs chiffrés, critères de qualité, "
        "indicateurs de réussite, conditions d'entrée, réussie si, réussi si, succès si"
    ),
    "metrics": (
        "métriques, métrique, indicateurs, indicateur, KPI, indicateurs clés, mesures, cibles, seuils, "
        "seuil, surveillance, suivi, indicateurs clés de performance, tableau de bord"
    ),
    "alert": "alertes, alarmes, seuils d'alerte",
    "trigger": (
        "déclencheurs, déclencheur, critères de retour arrière, conditions de retour arrière, "
        "critères de rollback, déclencheurs de rollback, conditions de rollback, rollback si, "
        "retour arrière si, critères d'arrêt, critères d'abandon, conditions d'arrêt, "
        "déclencheurs de retour arrière, déclencheurs du retour arrière, déclenchement du retour arrière, "
        "seuils de retour arrière, quand revenir en arrière, retour arrière immédiat, pause si, "
        "suspension si, conditions de déclenchement, quand arrêter, nous arrêtons si"
    ),
    "rollback": (
        "retour arrière, rollback, plan de retour arrière, procédure de retour arrière, retour en arrière, "
        "plan de repli, repli, plan de rollback"
    ),
    "objective": "objectifs, objectif, but, buts, finalité",
    "audience": (
        "public, public cible, participants, utilisateurs, cible, population, audience, périmètre, groupe, "
        "taille, qui, testeurs, groupe pilote, utilisateurs concernés, utilisateurs cibles, effectif, panel"
    ),
    "selection": (
        "critères de sélection, sélection, profil, profils, éligibilité, prérequis des participants, "
        "méthode de sélection"
    ),
    "duration": "durée, dates, date, calendrier, période, planning, échéance, début, fin, quand, délai",
    "deliverable": "livrables, livrable",
    "activity": (
        "activités, tâches, actions, déroulement, déroulé, travaux, étapes, préparation, actions clés"
    ),
    "checklist": (
        "checklist, liste de contrôle, liste de vérification, prérequis, préparation, points à vérifier, "
        "vérifications"
    ),
    "prerequisite": "prérequis, critères d'entrée, conditions d'entrée, préalables",
    "communication": (
        "communication, communications, plan de communication, annonces, annonce, communication interne, "
        "communication externe"
    ),
    "signoff": (
        "validation finale, signatures, approbations, approbation, validations, visas, signature, "
        "sign-off, approbateurs, accord, validation et signatures"
    ),
    "risk": (
        "risque, risques, gestion des risques, analyse des risques, mitigation, risques et mesures, "
        "maîtrise des risques"
    ),
    "budget": "budget, coûts, coût, estimation des coûts",
    "contact": "contacts, contact, équipe, interlocuteurs",
    "oncall": "astreinte, astreintes, planning d'astreinte",
    "escalation": "escalade, escalades, chemin d'escalade",
    "support": ("support, assistance, SLA, accompagnement, délais de réponse, niveaux de gravité, priorités"),
    "feature": (
        "fonctionnalités, fonctionnalités incluses, état d'avancement, périmètre fonctionnel, réalisé"
    ),
    "other": (
        "contexte, introduction, conclusion, ressources, annexe, annexes, formation, outils, pièges, "
        "gouvernance, aperçu, vue d'ensemble, résumé, synthèse, retours, feedback, formation utilisateurs, "
        "scope, red flags, maintenance, documentation, prochaines étapes, glossaire"
    ),
    "template": "modèle, exemple, gabarit",
    "ramp": "montée en charge, déploiement progressif, paliers, déploiement graduel",
    "batch": "lot, envoi",
    "nonplan": (
        "annexe, modèle, exemple, prochaines étapes, table des matières, sommaire, historique, réalisé"
    ),
    "plan": (
        "déploiement, phases, calendrier, planning, étapes, vagues, plan, stratégie, plan de déploiement, "
        "paliers, lancement, feuille de route"
    ),
    "stage_names": (
        "pilote, phase pilote, bêta fermée, bêta ouverte, test interne, tests internes, lancement, "
        "lancement général, généralisation, déploiement général, déploiement complet, "
        "déploiement progressif, disponibilité générale, extension, préparation, bêta privée, "
        "bêta publique, mise en production, ouverture, élargissement, déploiement limité, "
        "déploiement élargi, cadrage, expérimentation, alpha interne"
    ),
    "launch_names": (
        "généralisation, mise en production, lancement général, déploiement général, déploiement complet, "
        "disponibilité générale"
    ),
    "leaving": "sortie",
    "trigger_words": "déclencheur*, critères, conditions, si",
    "mode_pause": "pause, suspen*",
    "mode_auto": "automatique*",
    "mode_immediate": "immédiat*",
    "col_metric": "métrique, indicateur, critère, mesure, KPI, contrôle, aspect",
    "col_target": (
        "cible, objectif, seuil, valeur cible, seuil minimum, attendu, minimum, seuil cible, limite, "
        "pour continuer, valeur attendue"
    ),
    "col_alert": (
        "alerte, seuil d'alerte, critique, arrêt, rollback, retour arrière, seuil d'arrêt, alarme, "
        "seuil critique"
    ),
    "col_stretch": "idéal, ambition, optimal",
    "col_actual": ("actuel, réel, résultat, statut, état, référence, valeur actuelle, constaté, aujourd'hui"),
    "col_frequency": (
        "fréquence, source, mesure, méthode, remarques, commentaire*, description, responsable, outil, "
        "fenêtre"
    ),
    "col_phase": "phase, étape, vague, semaine, jour, palier, mois, lot, jalon",
    "col_name": "nom, titre, intitulé",
    "col_audience": (
        "public, utilisateurs, participants, périmètre, population, cible, groupe, qui, nombre, effectif, "
        "testeurs, sites, audience, magasins, agences, sites pilotes, clients, collaborateurs, appareils"
    ),
    "col_percent": "pourcentage, part, trafic, proportion, taux de déploiement, couverture",
    "col_when": (
        "quand, date, dates, durée, semaine, jour, période, calendrier, échéance, moment, début, fin"
    ),
    "col_what": "quoi, action, communication, message, annonce, activité, sujet, contenu, tâche",
    "col_who": "destinataires, destinataire, public, à qui, audience, cible",
    "col_channel": "canal, canaux, support, moyen, format, média",
    "col_owner": "responsable, porteur, qui, pilote, émetteur, par",
    "col_approver": (
        "approbateur, valideur, décideur, validé par, validateur, responsable, signataire, rôle"
    ),
    "col_signature": "signature, visa, accord, validation",
    "col_risk": "risque, risques",
    "col_probability": "probabilité, vraisemblance",
    "col_impact": "impact, gravité",
    "col_mitigation": "mitigation, mesure, mesures, atténuation, parade, action, réponse",
    "col_cost": "coût, montant, budget, prix",
    "col_trigger": "déclencheur, condition, événement",
    "attributes": (
        "participants, durée, contenu, canal, format, horaire, public, destinataires, fréquence, quand, "
        "qui, responsable, lieu, objet, sujet"
    ),
    "channels": (
        "e-mail*, email*, courriel*, newsletter*, annonce*, intranet*, webinaire*, communiqué*, affiche*, "
        "réseaux sociaux"
    ),
    "sign_fields": "date, signature, nom, commentaire, commentaires, statut, visa",
    "stopwords": (
        "le, la, les, des, du, et, pour, avec, est, une, dans, aux, sur, de, un, au, par, en, ne, que"
    ),
}
