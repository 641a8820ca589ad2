"""Portuguese."""

WORDS = {
    "phase": "fase",
    "stage": "etapa, estágio, passo",
    "wave": "onda, coorte, anel, rodada, leva",
    "week": "semana, semanas, sem",
    "day": "dia, dias",
    "month": "mês, meses",
    "sprint": "sprint",
    "rollout": "implantação, lançamento, piloto",
    "numbers": "zero, um, dois, três, quatro, cinco, seis, sete, oito, nove, dez, onze, doze",
    "ordinals": "primeira, segunda, terceira, quarta, quinta, sexta, sétima, oitava, nona, décima",
    "to": "a, até, ao",
    "about": "aproximadamente, cerca de, em torno de, aprox",
    "all": "todos, todas, todos os, todas as, a totalidade dos",
    "everyone": "todo mundo",
    "ongoing": "contínuo, contínua, em andamento, permanente",
    "months": (
        "janeiro, fevereiro, março, abril, maio, junho, julho, agosto, setembro, outubro, novembro, dezembro"
    ),
    "months_short": "jan, fev, mar, abr, mai, jun, jul, ago, set, out, nov, dez",
    "open_before": "a partir da, a partir do, a partir de, desde a",
    "open_after": "em diante",
    "filler": "de, o, a, os, as, ao",
    "per_word": "por, cada",
    "scale_word": "escala",
    "out_of": "de",
    "zero_alone": "zero",
    "conjunction": "e",
    "sum": "e, mais",
    "first_last": "os primeiros, as primeiras, os, as",
    "step_word": "passo",
    "not_given": "a definir, idem, não se aplica",
    "status": "concluído, concluída, em andamento, pendente, planejado, planejada",
    "baseline_word": "linha de base, grupo de controle",
    "unit_ms": "milissegundo*",
    "unit_s": "segundo, segundos, seg",
    "unit_min": "minuto, minutos",
    "unit_h": "hora, horas",
    "unit_d": "dia, dias, dias úteis, dias corridos, dia útil",
    "unit_w": "semana, semanas",
    "unit_mo": "mês, meses",
    "unit_y": "ano, anos",
    "unit_pct": "por cento",
    "unit_pp": "pontos percentuais, p.p.",
    "thousand": "mil",
    "million": "milhões, milhão",
    "lt": (
        "menos de, menor que, menor do que, inferior a, inferiores a, abaixo de, abaixo dos, menor de, "
        "abaixo do, abaixo da, menos do, inferior ao"
    ),
    "le": (
        "no máximo, máximo, máximo de, não mais de, até, não superior a, não ultrapassa, não mais que, "
        "menor ou igual a, não exceder, não excede, dentro de, em até"
    ),
    "gt": (
        "mais de, maior que, maior do que, superior a, superiores a, acima de, ultrapassa, excede, "
        "ultrapassar, exceder, supera, ultrapasse, acima do, acima dos, mais do, superior ao"
    ),
    "ge": (
        "pelo menos, no mínimo, mínimo, mínimo de, ao menos, não menos de, maior ou igual a, atinge, "
        "não inferior a"
    ),
    "drop": "cai abaixo de, fica abaixo de, desce abaixo de, cair abaixo de, ficar abaixo de",
    "le_after": "ou menos, no máximo",
    "ge_after": "ou mais, no mínimo, ou superior",
    "within": "em menos de, dentro de, em até",
    "window": (
        "durante, em, por, após, ao longo de, nos primeiros, nas primeiras, nos últimos, nas últimas, a"
    ),
    "consecutive": "consecutivos, consecutivas, seguidos, seguidas",
    "no": "nenhum, nenhuma, sem, não há",
    "not": "não",
    "but": "mas, e",
    "and": "e",
    "or": "ou",
    "if": "se, quando, caso",
    "proceed": "prosseguir, continuar, avançar",
    "previously": "atualmente, antes, linha de base, em relação a, comparado a, escala, contra",
    "increase": "aumento, crescimento, melhoria, ganho",
    "decrease": "redução, queda, diminuição",
    "lower_better": (
        "erro*, falha*, latência*, tempo de resposta*, tempo de carregamento*, incidente*, abandono*, "
        "reclamação*, reclamações, chamado*, custo, custos, defeito*, bug*, travamento*, cancelamentos, "
        "ticket*, churn, quedas"
    ),
    "rating": "avaliação, nota, estrelas",
    "nps": "NPS",
    "reached": (
        "ativos, ativas, ativados, cadastrados, integrados, inscritos, treinados, migrados, concluídos"
    ),
    "target": "meta, objetivo, alvo, limite, limiar",
    "alert_key": "alerta, limite de alerta, aviso",
    "trend": "acompanhar, monitorar, observar",
    "people": (
        "usuários, usuário, usuárias, utilizadores, clientes, cliente, testadores, participantes, "
        "participante, funcionários, colaboradores, pessoas, membros, contas, dispositivos, unidades, "
        "unidade, lojas, loja, filiais, filial, hospitais, hospital, clínicas, escolas, escola, empresas, "
        "equipes, equipas, pacientes, estudantes, alunos, professores, escritórios, municípios, farmácias, "
        "médicos, motoristas, parceiros, organizações, agências, agentes, restaurantes, servidores, "
        "famílias, vendedores, locais, entregadores, bibliotecas, cidadãos, operadores, técnicos, caixas, "
        "depósitos, fábricas, agricultores, produtores, pontos"
    ),
    "exposure": (
        "abrir, aberto, disponível, liberar, liberado, acesso, ativar, lançar, liberação, disponibilizar, "
        "expandir, disponibilidade"
    ),
    "internal": "interno, interna, internos, internas",
    "go": "go se, critérios de go, avançar se, go, critérios go",
    "nogo": "no-go se, no-go, nogo, no go, parar se, critérios de no-go, não avançar*, critérios no-go",
    "gate": (
        "go/no-go, go / no-go, critérios de saída, critérios de passagem, critérios de avanço, "
        "ponto de decisão, decisão go/no-go, critérios para avançar, critérios go/no-go, "
        "condições para avançar, critérios de decisão, condições de saída, portão, "
        "critérios para continuar, critérios para prosseguir, antes de avançar, critérios de transição, "
        "critérios de promoção"
    ),
    "criteria": (
        "critérios de sucesso, critério de sucesso, métricas de sucesso, critérios de aceitação, "
        "critérios de aceite, indicadores de sucesso, critérios de entrada, critérios, "
        "critérios de validação, sucesso se, bem-sucedida se"
    ),
    "metrics": (
        "métricas, métrica, indicadores, KPI, KPIs, limiares, metas, monitoramento, monitorização, "
        "acompanhamento, indicadores-chave"
    ),
    "alert": "alertas, alarmes",
    "trigger": (
        "gatilhos, gatilho, critérios de reversão, critérios de rollback, gatilhos de rollback, "
        "condições de reversão, rollback se, reversão se, critérios de parada, condições de rollback, "
        "gatilhos de reversão, gatilhos para rollback, rollback imediato, pausa se, "
        "critérios de interrupção, gatilhos para reversão"
    ),
    "rollback": (
        "reversão, rollback, plano de reversão, plano de rollback, procedimento de reversão, "
        "procedimento de rollback, contingência"
    ),
    "objective": "objetivos, objetivo, propósito, metas da fase",
    "audience": (
        "público, público-alvo, participantes, usuários, população, grupo, tamanho, quem, abrangência, "
        "escopo, alcance, coorte, utilizadores, grupo piloto"
    ),
    "selection": "critérios de seleção, seleção, perfil, elegibilidade, requisitos de participação",
    "duration": "duração, datas, data, cronograma, calendário, período, prazo, início, fim, quando",
    "deliverable": "entregáveis, entregas, entregável",
    "activity": "atividades, tarefas, ações, passos, preparação, execução",
    "checklist": (
        "lista de verificação, checklist, pré-requisitos, preparação, lista de checagem, verificações"
    ),
    "prerequisite": "pré-requisitos, critérios de entrada, condições de entrada",
    "communication": (
        "comunicação, comunicações, plano de comunicação, anúncios, comunicados, comunicação interna, "
        "comunicação externa"
    ),
    "signoff": (
        "aprovações, aprovação, assinaturas, autorizações, assinatura, sign-off, aprovação final, aceite"
    ),
    "risk": "risco, riscos, gestão de riscos, mitigação, matriz de riscos, riscos e mitigações",
    "budget": "orçamento, custos",
    "contact": "contatos, contactos, contato, equipe, equipa",
    "oncall": "plantão, plantões, escala de plantão",
    "escalation": "escalonamento, escalação, escalada",
    "support": "suporte, SLA, atendimento, tempos de resposta, severidades, prioridades",
    "feature": "funcionalidades, recursos incluídos, situação atual, concluído",
    "other": (
        "contexto, introdução, conclusão, recursos, anexo, treinamento, ferramentas, resumo, visão geral, "
        "feedback, próximos passos, documentação, glossário"
    ),
    "template": "modelo, exemplo",
    "ramp": "implantação gradual, rampa, liberação gradual, lançamento gradual",
    "batch": "lote",
    "nonplan": "anexo, modelo, exemplo, próximos passos, sumário, índice, histórico, concluído",
    "plan": (
        "implantação, fases, cronograma, etapas, ondas, plano, estratégia, lançamento, "
        "plano de implantação, roteiro"
    ),
    "stage_names": (
        "piloto, fase piloto, beta fechado, beta aberto, teste interno, testes internos, lançamento, "
        "lançamento geral, lançamento completo, implantação completa, implantação geral, "
        "disponibilidade geral, expansão, preparação, lançamento limitado, implantação gradual, "
        "alfa interno, liberação geral, beta privado, beta público"
    ),
    "launch_names": (
        "lançamento geral, lançamento completo, implantação completa, implantação geral, "
        "disponibilidade geral, liberação geral"
    ),
    "leaving": "saída",
    "trigger_words": "gatilho*, critérios, condições, se",
    "mode_pause": "pausa*, suspen*",
    "mode_auto": "automátic*",
    "mode_immediate": "imediat*",
    "col_metric": "métrica, indicador, critério, medida, KPI",
    "col_target": "meta, objetivo, alvo, limite, valor alvo, mínimo, esperado, limiar",
    "col_alert": "alerta, limite de alerta, crítico, rollback, reversão, alarme, parada",
    "col_stretch": "ideal, ótimo, desafiador",
    "col_actual": "atual, resultado, situação, linha de base, real, status, hoje",
    "col_frequency": (
        "frequência, fonte, medição, método, notas, observações, descrição, responsável, janela, ferramenta"
    ),
    "col_phase": "fase, etapa, onda, semana, dia, mês, marco",
    "col_name": "nome, título",
    "col_audience": (
        "público, usuários, participantes, abrangência, população, grupo, quem, quantidade, número, "
        "clientes, unidades, lojas, escopo, filiais, funcionários, dispositivos, testadores"
    ),
    "col_percent": "porcentagem, percentual, tráfego, proporção, cobertura",
    "col_when": "quando, data, datas, duração, semana, dia, período, prazo, início, fim",
    "col_what": "o quê, o que, ação, comunicação, mensagem, anúncio, atividade, conteúdo, tarefa",
    "col_who": "destinatários, destinatário, público, para quem",
    "col_channel": "canal, canais, meio, formato",
    "col_owner": "responsável, dono, quem, por",
    "col_approver": "aprovador, aprovado por, autoriza, responsável, assinante, papel",
    "col_signature": "assinatura, aprovação",
    "col_risk": "risco, riscos",
    "col_probability": "probabilidade",
    "col_impact": "impacto, gravidade",
    "col_mitigation": "mitigação, medida, medidas, resposta, ação",
    "col_cost": "custo, valor, montante",
    "col_trigger": "gatilho, condição, evento",
    "attributes": (
        "participantes, duração, conteúdo, canal, formato, hora, horário, público, frequência, quando, "
        "quem, responsável, destinatários, local"
    ),
    "channels": "e-mail*, email*, boletim*, anúncio*, comunicado*, webinar*, redes sociais, intranet*",
    "sign_fields": "data, assinatura, nome, observações, comentários, status",
    "stopwords": "o, os, as, de, do, da, e, para, com, em, uma, não, um, dos, das, no, na, ao",
}
