"""Spanish."""

WORDS = {
    "phase": "fase",
    "stage": "etapa, paso, escalón",
    "wave": "ola, oleada, cohorte, anillo, tanda, ronda",
    "week": "semana, semanas, sem",
    "day": "día, días",
    "month": "mes, meses",
    "sprint": "sprint",
    "rollout": "despliegue, lanzamiento, piloto",
    "numbers": "cero, uno, dos, tres, cuatro, cinco, seis, siete, ocho, nueve, diez, once, doce",
    "ordinals": "primera, segunda, tercera, cuarta, quinta, sexta, séptima, octava, novena, décima",
    "to": "a, al, hasta",
    "about": "aproximadamente, unos, unas, cerca de, alrededor de, aprox",
    "all": "todos, todas, todos los, todas las, la totalidad de, el 100 %",
    "everyone": "todo el mundo",
    "ongoing": "continuo, continua, permanente, en curso",
    "months": (
        "enero, febrero, marzo, abril, mayo, junio, julio, agosto, septiembre, octubre, noviembre, diciembre"
    ),
    "months_short": "ene, feb, mar, abr, may, jun, jul, ago, sep, oct, nov, dic",
    "open_before": "a partir de la, a partir del, a partir de, desde la, desde",
    "open_after": "en adelante",
    "filler": "de, la, los, las, el, al",
    "per_word": "por, cada",
    "scale_word": "escala",
    "out_of": "de, sobre",
    "zero_alone": "cero",
    "conjunction": "y",
    "sum": "y, más",
    "first_last": "los primeros, las primeras, los últimos, los, las",
    "step_word": "paso",
    "not_given": "por definir, ídem, no aplica, ninguno",
    "status": "completado, completada, en curso, pendiente, planificado, planificada",
    "calendar_words": "últimos",
    "baseline_word": "línea base, grupo de control",
    "unit_ms": "milisegundo*",
    "unit_s": "segundo, segundos, seg",
    "unit_min": "minuto, minutos",
    "unit_h": "hora, horas",
    "unit_d": "día, días, días hábiles, días laborables, día hábil",
    "unit_w": "semana, semanas",
    "unit_mo": "mes, meses",
    "unit_y": "año, años",
    "unit_pct": "por ciento",
    "unit_pp": "puntos porcentuales, puntos",
    "thousand": "mil",
    "million": "millones, millón",
    "lt": (
        "menos de, menor a, menor que, inferior a, inferiores a, por debajo de, menores de, menores a, "
        "debajo de, menor de, menor al, inferior al, por debajo del, menos del, por debajo de los, "
        "por debajo de las"
    ),
    "le": (
        "como máximo, máximo, máximo de, no más de, hasta, no supera, no superior a, a lo sumo, "
        "menor o igual a, menor o igual que, no superar, no exceder, no excede, hasta el, "
        "menor o igual al, dentro de"
    ),
    "gt": (
        "más de, mayor a, mayor que, superior a, superiores a, por encima de, supera, superan, excede, "
        "mayores de, mayor de, sobrepasa, encima de, supere, exceda, superar, más del, superior al, "
        "por encima del, mayor al, por encima de los"
    ),
    "ge": (
        "al menos, como mínimo, mínimo, mínimo de, por lo menos, no menos de, mayor o igual a, "
        "mayor o igual que, alcanza, no inferior a, al menos el, al menos un"
    ),
    "drop": (
        "cae por debajo de, baja de, desciende por debajo de, baja por debajo de, cae por debajo del, "
        "baja por debajo del, cae bajo, cae debajo de"
    ),
    "le_after": "o menos, como máximo, máximo, o inferior",
    "ge_after": "o más, como mínimo, mínimo, o superior, o mayor",
    "within": "en menos de, dentro de, en un plazo de, antes de",
    "window": (
        "durante, en, por, tras, después de, a lo largo de, en los primeros, en las primeras, a, "
        "en los últimos, en las últimas"
    ),
    "consecutive": "consecutivos, consecutivas, seguidos, seguidas",
    "no": "ningún, ninguna, sin, no hay, cero nuevos",
    "not": "no",
    "but": "pero, y",
    "and": "y",
    "or": "o",
    "if": "si, cuando, siempre que",
    "proceed": "continuar, avanzar, pasar",
    "previously": (
        "frente a, respecto a, actualmente, actual, antes, línea base, escala, desde, en comparación con"
    ),
    "increase": "aumento, incremento, crecimiento, mejora, subida",
    "decrease": "reducción, disminución, caída, descenso",
    "lower_better": (
        "error*, fallo*, caída*, latencia*, tiempo de respuesta*, tiempo de carga*, incidente*, "
        "incidencia*, abandono*, queja*, reclamación*, ticket*, costo*, coste*, defecto*, bug*, "
        "cancelaciones, demora*, bajas"
    ),
    "rating": "calificación, valoración, estrellas, puntuación media",
    "nps": "NPS",
    "reached": (
        "activos, activas, activados, registrados, incorporados, inscritos, capacitados, migrados, "
        "completados, completadas"
    ),
    "target": "objetivo, meta, umbral, límite, valor objetivo",
    "alert_key": "alerta, umbral de alerta, aviso",
    "trend": "seguir, monitorear, observar",
    "people": (
        "usuarios, usuario, usuarias, clientes, cliente, probadores, testers, participantes, participante, "
        "empleados, empleadas, personas, miembros, cuentas, dispositivos, sedes, sede, tiendas, tienda, "
        "sucursales, sucursal, hospitales, hospital, clínicas, escuelas, colegios, empresas, equipos, "
        "pacientes, estudiantes, docentes, oficinas, centros, centro, municipios, farmacias, médicos, "
        "conductores, socios, organizaciones, agentes, comercios, restaurantes, hogares, alumnos, "
        "profesores, bibliotecas, vendedores, repartidores, locales, familias, vecinos, ciudadanos, "
        "funcionarios, funcionarias, operarios, técnicos, cajas, agricultores, bodegas, almacenes, plantas"
    ),
    "exposure": (
        "abrir, abierto, disponible, desplegar, acceso, activar, lanzar, habilitar, disponibilidad, "
        "apertura, extender, despliegue"
    ),
    "internal": "interno, interna, internos, internas",
    "go": "go si, criterios de go, criterios go, avanzar si, go, continuar si",
    "nogo": "no-go si, no-go, nogo, no go, detener si, criterios de no-go, no avanzar*, criterios no-go",
    "gate": (
        "go/no-go, go / no-go, criterios de salida, criterios de paso, criterios de avance, "
        "condiciones para avanzar, puerta de decisión, punto de decisión, decisión go/no-go, "
        "criterios go/no-go, criterios para avanzar, criterios para pasar, criterios de decisión, "
        "condiciones de salida, puerta, compuerta, criterios para continuar, criterios de continuidad, "
        "antes de avanzar, avanzar cuando, criterios de promoción, criterios de transición, "
        "condiciones de paso"
    ),
    "criteria": (
        "criterios de éxito, criterio de éxito, métricas de éxito, criterios de aceptación, "
        "indicadores de éxito, criterios de entrada, criterios, criterios de validación, "
        "indicadores de logro, condiciones de entrada, metas de éxito, éxito si, exitosa si, exitoso si"
    ),
    "metrics": (
        "métricas, métrica, indicadores, KPI, KPIs, umbrales, objetivos cuantitativos, metas, monitoreo, "
        "seguimiento, indicadores clave, monitorización"
    ),
    "alert": "alertas, alarmas",
    "trigger": (
        "disparadores, disparador, criterios de reversión, condiciones de reversión, "
        "criterios de rollback, disparadores de rollback, reversión si, rollback si, criterios de parada, "
        "criterios de retroceso, condiciones de rollback, activadores, activadores de rollback, "
        "desencadenantes, desencadenantes de rollback, disparadores de reversión, reversión inmediata, "
        "condiciones de parada, activadores de reversión, pausa si, criterios de aborto, "
        "desencadenantes de reversión, cuándo detener, cuándo parar"
    ),
    "rollback": (
        "reversión, rollback, plan de reversión, procedimiento de reversión, retroceso, plan de rollback, "
        "plan de contingencia, vuelta atrás, marcha atrás"
    ),
    "objective": "objetivos, objetivo, propósito, meta",
    "audience": (
        "audiencia, público, público objetivo, participantes, usuarios, población, grupo, tamaño, quién, "
        "alcance, cohorte, destinatarios, usuarios objetivo, grupo piloto"
    ),
    "selection": (
        "criterios de selección, selección, perfil, elegibilidad, requisitos de participación, "
        "método de selección"
    ),
    "duration": (
        "duración, fechas, fecha, calendario, cronograma, periodo, período, plazo, inicio, fin, cuándo"
    ),
    "deliverable": "entregables, entregable",
    "activity": "actividades, tareas, acciones, pasos, preparación, desarrollo",
    "checklist": (
        "lista de verificación, checklist, lista de control, requisitos previos, preparación, "
        "lista de comprobación, verificaciones"
    ),
    "prerequisite": "requisitos previos, criterios de entrada, condiciones de entrada, prerrequisitos",
    "communication": (
        "comunicación, comunicaciones, plan de comunicación, anuncios, comunicados, comunicación interna, "
        "comunicación externa"
    ),
    "signoff": (
        "aprobaciones, aprobación, firmas, visto bueno, autorizaciones, firma, aprobación final, sign-off, "
        "autorización"
    ),
    "risk": "riesgo, riesgos, gestión de riesgos, mitigación, riesgos y mitigación, matriz de riesgos",
    "budget": "presupuesto, costos, costes",
    "contact": "contactos, contacto, equipo, contactos de emergencia",
    "oncall": "guardia, guardias, turnos de guardia",
    "escalation": "escalamiento, escalación, escalado",
    "support": "soporte, SLA, asistencia, tiempos de respuesta, severidades, prioridades",
    "feature": "funcionalidades, funciones, estado actual, completado",
    "other": (
        "contexto, introducción, conclusión, recursos, anexo, capacitación, formación, herramientas, "
        "resumen, resumen ejecutivo, retroalimentación, comentarios, próximos pasos, visión general, "
        "glosario, documentación"
    ),
    "template": "plantilla, ejemplo",
    "ramp": "despliegue gradual, rampa, escalonado, despliegue progresivo",
    "batch": "lote, tanda",
    "nonplan": "anexo, plantilla, ejemplo, próximos pasos, índice, historial, completado",
    "plan": (
        "despliegue, fases, cronograma, calendario, etapas, olas, plan, estrategia, lanzamiento, "
        "plan de despliegue, hoja de ruta"
    ),
    "stage_names": (
        "piloto, fase piloto, beta cerrada, beta abierta, prueba interna, pruebas internas, lanzamiento, "
        "lanzamiento general, lanzamiento completo, despliegue completo, despliegue general, "
        "disponibilidad general, expansión, preparación, lanzamiento limitado, despliegue limitado, "
        "despliegue gradual, ampliación, alfa interna, beta privada, beta pública"
    ),
    "launch_names": (
        "lanzamiento general, lanzamiento completo, despliegue completo, despliegue general, "
        "disponibilidad general, salida a producción"
    ),
    "leaving": "salida",
    "trigger_words": "disparador*, criterios, condiciones, si, activador*, desencadenante*",
    "mode_pause": "pausa*, suspen*",
    "mode_auto": "automátic*",
    "mode_immediate": "inmediat*",
    "col_metric": "métrica, indicador, criterio, medida, KPI, aspecto",
    "col_target": "objetivo, meta, umbral, valor objetivo, mínimo, esperado, límite, valor meta",
    "col_alert": "alerta, umbral de alerta, crítico, rollback, reversión, parada, alarma",
    "col_stretch": "ideal, óptimo, ambicioso",
    "col_actual": "actual, resultado, estado, línea base, real, hoy",
    "col_frequency": (
        "frecuencia, fuente, medición, método, notas, comentario*, descripción, responsable, ventana, "
        "herramienta"
    ),
    "col_phase": "fase, etapa, ola, semana, día, mes, oleada, hito",
    "col_name": "nombre, título",
    "col_audience": (
        "audiencia, usuarios, participantes, público, alcance, población, grupo, quién, cantidad, número, "
        "clientes, sedes, tiendas, sucursales, empleados, dispositivos, probadores"
    ),
    "col_percent": "porcentaje, tráfico, proporción, cobertura",
    "col_when": (
        "cuándo, fecha, fechas, duración, semana, día, período, periodo, plazo, calendario, inicio, fin, "
        "momento"
    ),
    "col_what": "qué, acción, comunicación, mensaje, anuncio, actividad, contenido, tarea, tema",
    "col_who": "destinatarios, destinatario, audiencia, público, a quién",
    "col_channel": "canal, canales, medio, formato",
    "col_owner": "responsable, dueño, quién, encargado, por",
    "col_approver": "aprobador, aprueba, aprobado por, autoriza, responsable, firmante, rol",
    "col_signature": "firma, aprobación, visto bueno",
    "col_risk": "riesgo, riesgos",
    "col_probability": "probabilidad",
    "col_impact": "impacto, gravedad",
    "col_mitigation": "mitigación, medida, medidas, respuesta, acción",
    "col_cost": "costo, coste, monto, importe",
    "col_trigger": "disparador, condición, evento, activador",
    "attributes": (
        "participantes, duración, contenido, canal, formato, hora, audiencia, frecuencia, cuándo, quién, "
        "responsable, destinatarios, lugar, tema"
    ),
    "channels": (
        "correo*, email*, e-mail*, boletín*, anuncio*, comunicado*, webinar*, redes sociales, intranet*"
    ),
    "sign_fields": "fecha, firma, nombre, comentarios, estado",
    "stopwords": "el, la, los, las, de, del, y, para, con, en, una, es, un, al, por, que, se",
}
