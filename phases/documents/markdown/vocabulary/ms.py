"""Malay."""

WORDS = {
    "phase": "fasa",
    "stage": "peringkat, tahap, langkah",
    "wave": "gelombang, kumpulan, pusingan",
    "week": "minggu",
    "day": "hari",
    "month": "bulan",
    "sprint": "sprint",
    "rollout": "pelancaran, pelaksanaan, perintis",
    "numbers": "sifar, satu, dua, tiga, empat, lima, enam, tujuh, lapan, sembilan, sepuluh",
    "ordinals": "pertama, kedua, ketiga, keempat, kelima, keenam, ketujuh, kelapan",
    "to": "hingga, sehingga, ke",
    "about": "kira-kira, lebih kurang, sekitar, anggaran",
    "all": "semua, seluruh, setiap",
    "everyone": "semua orang",
    "ongoing": "berterusan, berjalan",
    "months": (
        "Januari, Februari, Mac, April, Mei, Jun, Julai, Ogos, September, Oktober, November, Disember"
    ),
    "months_short": "Jan, Feb, Mac, Apr, Mei, Jun, Jul, Ogo, Sep, Okt, Nov, Dis",
    "open_before": "mulai, bermula, dari",
    "open_after": "dan seterusnya, ke atas",
    "filler": "daripada",
    "scale_word": "skala",
    "out_of": "daripada",
    "zero_alone": "sifar",
    "conjunction": "dan",
    "sum": "dan",
    "step_word": "langkah",
    "not_given": "akan ditentukan",
    "status": "selesai, dalam proses, dirancang",
    "baseline_word": "garis dasar",
    "unit_ms": "milisaat",
    "unit_s": "saat",
    "unit_min": "minit",
    "unit_h": "jam",
    "unit_d": "hari, hari bekerja",
    "unit_w": "minggu",
    "unit_mo": "bulan",
    "unit_y": "tahun",
    "unit_pct": "peratus",
    "unit_pp": "mata peratusan",
    "thousand": "ribu",
    "million": "juta",
    "lt": "kurang daripada, kurang dari, di bawah, bawah, lebih rendah daripada",
    "le": (
        "tidak melebihi, tidak lebih daripada, maksimum, paling banyak, selebih-lebihnya, sehingga, "
        "tidak lebih dari"
    ),
    "gt": "lebih daripada, lebih dari, melebihi, di atas, atas, lebih tinggi daripada",
    "ge": "sekurang-kurangnya, minimum, tidak kurang daripada, paling kurang, mencapai, tidak kurang dari",
    "drop": "jatuh di bawah, turun di bawah, turun ke bawah, jatuh bawah",
    "le_after": "atau kurang, maksimum",
    "ge_after": "atau lebih, ke atas, minimum",
    "within": "dalam, dalam masa, dalam tempoh",
    "window": "selama, dalam, sepanjang, selepas, dalam masa, dalam tempoh",
    "consecutive": "berturut-turut",
    "no": "tiada, tanpa, tidak ada",
    "not": "tidak",
    "but": "tetapi, dan",
    "and": "dan",
    "or": "atau",
    "if": "jika, apabila, sekiranya",
    "proceed": "teruskan",
    "previously": "semasa, sebelum, berbanding, asas, skala",
    "increase": "peningkatan, kenaikan, pertumbuhan",
    "decrease": "penurunan, pengurangan",
    "lower_better": (
        "ralat, kegagalan, ranap, kependaman, masa respons, masa tindak balas, masa muat, insiden, aduan, "
        "tiket, kecacatan, pepijat, kos"
    ),
    "rating": "penilaian, penarafan",
    "nps": "NPS",
    "reached": "aktif, berdaftar, didaftarkan, diaktifkan",
    "target": "sasaran, matlamat, ambang, had",
    "alert_key": "amaran, ambang amaran",
    "trend": "pantau, jejak",
    "people": (
        "pengguna, pelanggan, penguji, peserta, pekerja, kakitangan, orang, ahli, akaun, peranti, tapak, "
        "kedai, cawangan, hospital, klinik, sekolah, syarikat, pasukan, pesakit, pelajar, guru, "
        "organisasi, pejabat, pemandu, farmasi"
    ),
    "exposure": "dibuka, terbuka, tersedia, lancar, dilancarkan, akses, aktifkan, dikeluarkan",
    "internal": "dalaman",
    "go": "kriteria go, go jika, go, teruskan jika",
    "nogo": "kriteria no-go, no-go jika, no-go, henti jika",
    "gate": (
        "go/no-go, kriteria keluar, kriteria peralihan, syarat untuk meneruskan, titik keputusan, "
        "keputusan go/no-go, syarat peralihan, kriteria untuk ke"
    ),
    "criteria": (
        "kriteria kejayaan, metrik kejayaan, kriteria penerimaan, petunjuk kejayaan, kriteria kemasukan, "
        "kriteria, ukuran kejayaan"
    ),
    "metrics": "metrik, petunjuk, KPI, ambang, pemantauan, petunjuk prestasi, penunjuk prestasi",
    "alert": "amaran",
    "trigger": (
        "pencetus rollback, pencetus, kriteria rollback, syarat rollback, pencetus pengunduran, "
        "syarat pengunduran, kriteria pengunduran, kriteria henti, pencetus undur, rollback jika"
    ),
    "rollback": (
        "pengunduran, rollback, pelan pengunduran, pelan rollback, prosedur pengunduran, "
        "prosedur rollback, undur"
    ),
    "objective": "objektif, matlamat, tujuan",
    "audience": (
        "khalayak, sasaran pengguna, peserta, pengguna, kumpulan sasaran, saiz, skop, siapa, "
        "khalayak sasaran, populasi"
    ),
    "selection": "kriteria pemilihan, pemilihan, profil, kelayakan",
    "duration": "tempoh, tarikh, jadual, masa, bila, tarikh mula",
    "deliverable": "hasil, serahan",
    "activity": "aktiviti, tugasan, tindakan, kerja, persediaan",
    "checklist": "senarai semak, prasyarat, kesediaan",
    "prerequisite": "prasyarat, kriteria kemasukan",
    "communication": "komunikasi, pelan komunikasi, pengumuman, makluman, hebahan",
    "signoff": "kelulusan, tandatangan, pengesahan, kelulusan akhir",
    "risk": "risiko, pengurusan risiko, mitigasi, mitigasi risiko",
    "budget": "bajet, kos, belanjawan",
    "contact": "hubungan, pasukan, orang hubungan, hubungi",
    "oncall": "bertugas, jadual bertugas",
    "escalation": "eskalasi, laluan eskalasi",
    "support": "sokongan, SLA, keutamaan",
    "feature": "ciri, fungsi, status semasa, selesai",
    "other": (
        "pengenalan, ringkasan, latihan, alatan, lampiran, maklum balas, kesimpulan, gambaran keseluruhan, "
        "sumber, langkah seterusnya"
    ),
    "template": "templat, contoh",
    "ramp": "pelancaran berperingkat, peningkatan berperingkat",
    "batch": "kelompok",
    "nonplan": "lampiran, templat, contoh, kandungan, langkah seterusnya",
    "plan": (
        "pelancaran, fasa, jadual, pelan, peringkat, strategi, pelan pelancaran, pelaksanaan, garis masa"
    ),
    "stage_names": (
        "perintis, ujian dalaman, beta tertutup, beta terbuka, pelancaran penuh, pelancaran umum, "
        "pelancaran terhad, persediaan, pengembangan, projek perintis"
    ),
    "launch_names": "pelancaran penuh, pelancaran umum",
    "leaving": "keluar",
    "trigger_words": "pencetus, kriteria, syarat, jika",
    "mode_pause": "jeda, henti",
    "mode_auto": "automatik",
    "mode_immediate": "segera",
    "col_metric": "metrik, petunjuk, kriteria, ukuran",
    "col_target": "sasaran, ambang, nilai sasaran, matlamat, had, minimum",
    "col_alert": "amaran, kritikal, rollback, henti",
    "col_stretch": "ideal",
    "col_actual": "sebenar, semasa, status, asas, keputusan",
    "col_frequency": "kekerapan, sumber, kaedah, catatan, penerangan, pemilik",
    "col_phase": "fasa, peringkat, gelombang, minggu, hari, tahap",
    "col_name": "nama, tajuk",
    "col_audience": "khalayak, pengguna, peserta, kumpulan, bilangan, siapa, skop, cawangan",
    "col_percent": "peratus, peratusan, trafik",
    "col_when": "bila, tarikh, tempoh, minggu, hari, masa, mula, tamat",
    "col_what": "apa, aktiviti, komunikasi, mesej, pengumuman, kandungan",
    "col_who": "khalayak, penerima, kepada",
    "col_channel": "saluran, medium, kaedah",
    "col_owner": "pemilik, bertanggungjawab, penanggungjawab, peranan",
    "col_approver": "pelulus, diluluskan oleh, peranan, pegawai pelulus",
    "col_signature": "tandatangan, kelulusan",
    "col_risk": "risiko",
    "col_probability": "kebarangkalian, kemungkinan",
    "col_impact": "kesan, impak",
    "col_mitigation": "mitigasi, tindakan, langkah",
    "col_cost": "kos, jumlah",
    "col_trigger": "pencetus, syarat, peristiwa",
    "attributes": "peserta, tempoh, kandungan, saluran, masa, khalayak, kekerapan, bila, siapa, pemilik",
    "channels": "e-mel*, emel*, pengumuman*, surat berita*, webinar*, media sosial, hebahan*",
    "sign_fields": "tarikh, tandatangan, nama, catatan, status",
    "stopwords": "dan, yang, untuk, dengan, di, pada, adalah, ini, tidak, oleh",
}
