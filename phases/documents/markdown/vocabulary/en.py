"""English."""

WORDS = {
    # labels
    "phase": "phase",
    "stage": "stage, step",
    "wave": "wave, ring, tier, cohort, iteration, round, tranche",
    "week": "week, weeks, wk",
    "day": "day, days",
    "month": "month, months",
    "sprint": "sprint",
    "rollout": "rollout, roll-out, release, launch, deployment, beta, pilot, migration, test, testing",
    # numbers and order
    "numbers": "zero, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve",
    "ordinals": "first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth",
    "to": "to, through, until, till",
    "about": "about, approx, approximately, around, roughly, circa, some, typically",
    "all": "all, every, each, 100%",
    "everyone": "everyone, everybody",
    "ongoing": "ongoing, continuous, continuously, indefinite, open-ended",
    "months": (
        "january, february, march, april, may, june, july, august, september, october, november, december"
    ),
    "months_short": "jan, feb, mar, apr, may, jun, jul, aug, sep, oct, nov, dec",
    # units
    "open_before": "from, starting, as of, beginning, starting from",
    "open_after": "onwards, onward, and beyond, and later, and on",
    "filler": "of, the, a, an, to, by, about, around, from, is",
    "per_word": "per",
    "scale_word": "scale, split",
    "out_of": "out of",
    "zero_alone": "zero",
    "conjunction": "and",
    "sum": "and, plus",
    "first_last": "the first, the last, first, last, the",
    "step_word": "step",
    "not_given": (
        "tbd, t.b.d., n/a, na, none yet, open, same, same as above, as above, see above, ditto, none, "
        "not applicable"
    ),
    "status": (
        "completed, complete, done, in progress, planned, pending, not started, active, current, upcoming, "
        "wip, finished, closed, todo, to do, blocked, next"
    ),
    "calendar_words": "consecutive, straight, business, working, calendar, full, successive, more",
    "baseline_word": (
        "control, baseline, control group, the baseline, the control group, previous version, current"
    ),
    "unit_ms": "millisecond*, msec",
    "unit_s": "second, seconds, sec, secs",
    "unit_min": "minute, minutes, min, mins",
    "unit_h": "hour, hours, hr, hrs",
    "unit_d": "day, days, calendar days, business day*, working day*",
    "unit_w": "week, weeks, wk, wks",
    "unit_mo": "month, months",
    "unit_y": "year, years",
    "unit_pct": "percent, per cent, pct",
    "unit_pp": "percentage point*, pp",
    "thousand": "thousand",
    "million": "million, m",
    # comparators
    "lt": (
        "less than, fewer than, lower than, under, below, smaller than, faster than, quicker than, "
        "shorter than"
    ),
    "le": (
        "at most, no more than, not more than, no higher than, no greater than, not exceed, not exceeding, "
        "does not exceed, up to, max, maximum, maximum of, not above, no later than, must not exceed, "
        "capped at, limited to, stays under or at, not over, no longer than, within"
    ),
    "gt": (
        "more than, greater than, over, above, higher than, exceeds, exceed, exceeding, exceeded, "
        "surpasses, rises above, goes above, increases above, beyond, longer than, better than, "
        "in excess of, is over, passes, spikes above, climbs above, exceeds the"
    ),
    "ge": (
        "at least, no less than, no fewer than, not less than, not below, minimum, minimum of, min, "
        "reaches, reach, not under, greater than or equal to, no lower than, never below, stays above or at"
    ),
    "drop": (
        "drops below, drop below, falls below, fall below, drops under, falls under, dips below, "
        "sinks below, decreases below, goes below, stays below, remains below, below, drops to less than"
    ),
    "lt_after": "or under",
    "le_after": "or less, or fewer, or lower, or below, max, maximum, at most, or faster, or better time",
    "gt_after": "exceeded",
    "ge_after": (
        "or more, or higher, or above, or better, or greater, and above, and up, minimum, at least, "
        "and more, and higher"
    ),
    "within": "within",
    "window": (
        "for, over, during, in, across, per, after, within the first, in the first, the first, "
        "in the last, over the last, for at least, sustained for, in under, in less than"
    ),
    "consecutive": "consecutive, in a row, straight",
    "no": "no, no new, no open, no unresolved, no known, none, without",
    "not": "not",
    "but": "but, and",
    "and": "and",
    "or": "or",
    "if": "if, only if, when, once, unless, in case",
    "proceed": "proceed, continue, advance, promote, go ahead, expand, move on",
    "previously": (
        "from, down from, up from, baseline, was, previously, currently, current, today, before, vs, "
        "versus, compared to, compared with, against, scale, out of, instead of"
    ),
    "increase": (
        "increase, growth, rise, uplift, improvement, improve, more, gain, lift, faster, speedup, "
        "speed-up, better, higher"
    ),
    "decrease": "decrease, reduction, drop, decline, fewer, reduced, cut, less, slower",
    "lower_better": (
        "error*, crash*, latenc*, response time*, load time*, bug*, defect*, incident*, churn, bounce, "
        "failure*, complaint*, ticket*, downtime, time to*, delay*, cost*, loss, abandonment, drop-off, "
        "uninstall*, opt-out*, anr, rollback*, mttr, cpu, memory, violation*, exception*, regression*, "
        "duration, usage limit"
    ),
    "rating": "rating, stars, csat score, satisfaction score, score out of",
    "nps": "nps, net promoter, promoter score",
    "reached": (
        "onboarded, activated, active, enrolled, registered, signed up, joined, migrated, live, trained, "
        "completed, executed, submitted, collected, submissions, responses"
    ),
    "target": "target*, goal, aim, threshold, objective, limit, minimum requirement, benchmark",
    "alert_key": "alert, alert threshold, warning, critical",
    "trend": "monitor, track, observe, watch",
    # people
    "people": (
        "users, user, testers, tester, customers, customer, clients, client, participants, participant, "
        "employees, employee, staff, members, member, people, persons, developers, developer, engineers, "
        "engineer, patients, patient, students, student, teachers, teacher, drivers, sellers, buyers, "
        "merchants, subscribers, accounts, account, devices, device, installs, installations, "
        "organizations, organisations, organization, organisation, companies, company, teams, tenants, "
        "tenant, sites, site, stores, store, hospitals, hospital, clinics, clinic, schools, school, "
        "branches, branch, offices, office, locations, location, regions, region, departments, department, "
        "repositories, repos, repo, servers, nodes, adopters, beta testers, invitees, seats, spots, "
        "households, workspaces, partners, partner, properties, stations, nurses, doctors, agents, agent, "
        "requests, traffic, sessions, machines, workstations, warehouses, restaurants, plants, facilities, "
        "countries, pharmacies, libraries, farms, vehicles, volunteers, families, editors, authors, "
        "reviewers, operators, vendors, technicians, technician, contributors, owners, visitors, viewers, "
        "players, dealers, shops, population, base, operations, instances, clusters, hosts, physicians, "
        "pharmacists, clinicians, wards, ward, pickers, planners, growers, guests, citizens, residents, "
        "learners, pupils, tutors, analysts, managers, salespeople, reps, couriers, riders, beneficiaries, "
        "farmers, parents, trainees, dentists, therapists, readers, writers, creators, buildings, rooms, "
        "centers, centres, agencies, businesses, franchises, outlets, orgs"
    ),
    "exposure": (
        "open, opened, available, enable, enabled, roll out, rolled out, rollout, release, released, "
        "launch, launched, access, go live, live, deploy, deployed, expand, invite, serve, everyone"
    ),
    "internal": "internal",
    # what a section is about
    "go": "go criteria, go if, go when, go conditions, go decision, go",
    "nogo": (
        "no-go criteria, no-go if, no-go when, no-go conditions, no-go decision, no-go, no go, nogo, "
        "nogo criteria, hold criteria, hold if, do not proceed*, pivot or stop, stop if"
    ),
    "gate": (
        "go/no-go, go / no-go, go-no-go, go no go, go/no go, gate, gates, gate criteria, exit criteria, "
        "exit gate, exit conditions, criteria to proceed*, criteria to advance*, criteria to move*, "
        "proceed to, to proceed, decision gate, decision point, quality gate, promotion criteria, "
        "graduation criteria, advancement criteria, advance criteria, go-live criteria, phase gate, "
        "stage gate, ready to proceed, readiness criteria, criteria for promotion, launch criteria, "
        "release criteria, promotion gate, exit requirements, decision criteria, expansion criteria, "
        "advancement gate, gating criteria, before we move on, before moving on, before proceeding, "
        "to move on, move on when, we move on when, advance when, proceed when, proceed if, promote when, "
        "continue if, continue when, graduate when, exit when, exit if, criteria to continue*, "
        "criteria to start*, criteria to enter*, ready for next*, criteria to expand*, go-live gate, "
        "launch gate, transition criteria, progression criteria, criteria for advancing*, "
        "criteria for moving*, criteria for proceeding*, unlock criteria, done when, "
        "promotion requirements, advancement requirements, criteria for phase, criteria for stage, "
        "criteria for wave"
    ),
    "criteria": (
        "success criteria, success criterion, success metrics, success metric, success measures, "
        "success indicators, acceptance criteria, success thresholds, entry criteria, entrance criteria, "
        "completion criteria, validation criteria, success definition, definition of success, "
        "definition of done, measures of success, performance targets, performance criteria, key results, "
        "quality criteria, pass criteria, criteria, success factors measured, quality targets, "
        "success targets, post-enable validation, entry conditions, quality bar, success looks like, "
        "service level objectives, slo targets, slos, success if*, successful if*, a success if*, "
        "success when*, succeeds if*, successful when*, we succeed if*, must be true, to be true"
    ),
    "success_alone": "success, acceptance",
    "metrics": (
        "metrics, metric, kpi, kpis, key performance indicators, indicators, targets, target, benchmark*, "
        "thresholds, threshold, performance verification, monitoring, measurements, key metrics, "
        "measured by, minimum requirement for go, target metrics, health checks, scorecard, guardrails, "
        "guardrail metrics, baseline metrics, slis"
    ),
    "alert": "alerts, alerting, alarm*, alert thresholds, alert rules, monitoring alerts",
    "trigger": (
        "rollback trigger*, roll-back trigger*, rollback criteria, rollback conditions, rollback if, "
        "roll back if, rollback when, roll back when, triggers for rollback, rollback threshold*, trigger, "
        "triggers, triggers for roll-back, immediate rollback, automatic rollback, auto-rollback, "
        "auto rollback, automated rollback, manual rollback trigger*, rollback required if, "
        "abort criteria, abort conditions, kill criteria, kill switch criteria, kill-switch criteria, "
        "stop conditions, pause rollout, pause criteria, pause conditions, pause triggers, halt criteria, "
        "halt conditions, when to roll back, when to rollback, stop-ship criteria, halt if, pause if, "
        "abort if, rollback decision criteria, hold triggers, rollback scenarios, conditions for rollback, "
        "criteria for rollback, when to abort, immediate rollback required, rollback immediately if, "
        "tripwires, red lines, circuit breakers, stop criteria, stopping criteria, rollback signals, "
        "rollback rules, stop rules, when to stop, when we roll back, we roll back when*, "
        "we roll back if*, roll-back if any*, automatic halt*, failure criteria, kill switch triggers, "
        "emergency stop, kill switch, kill-switch, when we would stop, when we stop, we stop if*, "
        "stop when, reasons to stop, when to pause, what would make us stop, when would we stop"
    ),
    "rollback": (
        "rollback, roll-back, roll back, back-out, backout, revert, rollback procedure*, rollback plan, "
        "rollback steps, rollback process, rollback strategy, contingency, recovery, manual rollback"
    ),
    "objective": "goals, goal, objectives, objective, purpose, aims, aim, focus, mission, sprint goal",
    "audience": (
        "audience, target audience, participants, target users, users, who, cohort, population, size, "
        "target population, group, target group, test group, testers, participant, scope, user group, "
        "rollout size, traffic, rollout percentage, percentage, exposure, number of users, user count, "
        "reach, coverage, audience size, number of participants, pilot group, rollout %, "
        "number of testers, pilot users, target participants, sites, locations, stores, customers, "
        "clients, accounts, devices, pilot sites, tenants, participants count, invited users, staff, "
        "who is in, who gets it, who has access, who is included"
    ),
    "selection": (
        "selection criteria, selection method, selection, eligibility*, participant criteria, recruiting*, "
        "recruitment, profile, ideal participants, participation requirements, requirements, "
        "minimum requirements, tester requirements, expectations, demographic*, who can join, screening, "
        "inclusion criteria, exclusion criteria, system requirements, technical requirements, rewards, "
        "incentives, benefits, compensation"
    ),
    "duration": (
        "duration, dates, date, timeline, target date, schedule, when, timing, timeframe, time frame, "
        "period, start date, end date, start, length, target completion, planned launch, time, weeks, "
        "start/end, time period"
    ),
    "deliverable": "deliverables, deliverable, outputs, artifacts, artefacts",
    "activity": (
        "activities, activity, tasks, task, actions, action items, steps, key activities, work items, "
        "implementation, execution, what happens, work plan, to do, approach, process, protocol, "
        "testing protocol, procedure, preparation, key tasks"
    ),
    "checklist": (
        "checklist, checklists, check list, readiness, prerequisites, preconditions, pre-requisites, "
        "requirements checklist, launch readiness, daily checks, manual checks, pre-launch checks, "
        "verification steps"
    ),
    "prerequisite": (
        "prerequisites, preconditions, pre-requisites, entry criteria, entrance criteria, "
        "entry conditions, entry requirements"
    ),
    "communication": (
        "communication, communications, communication plan, communication strategy, communications plan, "
        "announcement, announcements, launch announcements, messaging, comms, comms plan, "
        "stakeholder updates, notifications plan, communication schedule, outreach, user notifications, "
        "stakeholder communication"
    ),
    "signoff": (
        "sign-off, signoff, sign off, sign-offs, approval, approvals, approvers, signatures, "
        "sign-off table, authorization, authorisation, phase approvals, approved by, approval matrix, "
        "sign-off sheet, approval sign-off, sign-off matrix, who says go, who signs off, who approves, "
        "go decision by, final approval, approval gate"
    ),
    "risk": (
        "risk, risks, risk assessment, risk register, risk management, risk mitigation, risk matrix, "
        "mitigation, mitigations, contingency plans"
    ),
    "budget": (
        "budget, costs, cost, cost estimate, cost breakdown, budget breakdown, pricing, estimated cost"
    ),
    "contact": (
        "contacts, contact, contact information, emergency contacts, team, team contacts, key contacts"
    ),
    "oncall": (
        "on-call, on call, on-call schedule, on-call rotation, on-call roster, oncall, support rota, rota"
    ),
    "escalation": "escalation, escalations, escalation path, escalation matrix, contacts & escalation",
    "support": (
        "support, support channels, support plan, support setup, help desk, sla, support sla, "
        "response times, incident response, severity levels, severity, priorities, issue categories, "
        "issue management, bug priorities, support team readiness, priority levels, classification"
    ),
    "feature": (
        "features, feature set, features included, scope of features, implemented features, capabilities, "
        "what's new, completed, done, current status, what we built, changelog, history, out of scope, "
        "in scope, non-goals"
    ),
    "other": (
        "lessons, references, resources, appendix, glossary, conclusion, tools, overview, background, "
        "introduction, executive summary, faq, documentation, roadmap, next steps, notes, "
        "table of contents, tracking, collection, feedback, feedback collection, feedback channels, "
        "feedback questions, training, onboarding, architecture, infrastructure, marketing, "
        "test scenarios, test cases, a/b testing, deployment, configuration, examples, data sources, "
        "methodology, reporting, post-launch, after, future, long-term, known issues"
    ),
    "template": "template, example, sample, examples",
    "ramp": (
        "ramp, ramp-up, rollout schedule, gradual rollout, ramp schedule, traffic split, canary schedule, "
        "rollout percentages, percentage rollout, gradual deployment, staged rollout schedule, batches"
    ),
    "batch": "batch, batches, invitation batches",
    "nonplan": (
        "implemented features, completed phases, completed, finished, feature groups, history, changelog, "
        "next steps, future phases, future, test scripts, appendix, template, example, lessons learned, "
        "implemented, table of contents, contents"
    ),
    "plan": (
        "rollout, roll-out, rollout phases, phases, timeline, schedule, plan, strategy, stages, waves, "
        "deployment phases, release plan, approach, roadmap, program structure, staged rollout, "
        "beta phases, release phases, launch phases, rollout stages, program duration, rollout plan"
    ),
    # names that stages go by where none is numbered
    "stage_names": (
        "alpha, closed alpha, open alpha, internal alpha, private alpha, beta, closed beta, open beta, "
        "private beta, public beta, internal beta, external beta, pilot, internal pilot, external pilot, "
        "pilot release, pilot program, pilot phase, canary, canary release, canary deployment, "
        "general availability, ga, ga release, soft launch, hard launch, full launch, full rollout, "
        "full release, full deployment, limited release, limited rollout, limited availability, "
        "early access, early adopters, go live, go-live, internal testing, internal release, "
        "internal rollout, dogfood, dogfooding, internal dogfood, internal dogfooding, staging, "
        "shadow mode, dark launch, shadow, expanded rollout, gradual rollout, partial rollout, "
        "broad rollout, wide rollout, production rollout, production release, public launch, "
        "public release, launch, preparation, pre-launch, friends and family, friends & family, "
        "proof of concept, poc, ramp-up, stabilization, stabilisation, hypercare, global rollout, "
        "regional rollout, expansion, company-wide rollout, organization-wide rollout, phased rollout, "
        "internal team, trusted testers, discovery, scale-up, scale up, controlled rollout, "
        "initial rollout, wider rollout, mainnet, testnet, preview, release candidate, limited production, "
        "limited beta, full production, internal users, all users, beta users, power users"
    ),
    # columns
    "launch_names": (
        "go live, go-live, general availability, full launch, full rollout, ga, launch, public launch, "
        "full release, full deployment, production rollout, production launch, company-wide rollout, "
        "global rollout, public release, general release"
    ),
    "leaving": "exit, leaving, graduation, leave, out of",
    "trigger_words": "trigger*, criteria, condition*, if, when, threshold*, tripwires",
    "mode_pause": "pause*, hold, halt*, suspend*",
    "mode_auto": "auto, automatic*, automated",
    "mode_immediate": "immediate*, instant*",
    "col_metric": (
        "metric, metrics, kpi, indicator, measure, criterion, criteria, sli, operation, check, signal, "
        "condition, item, area, requirement, category"
    ),
    "col_target": (
        "target, targets, goal, threshold, success threshold, success criteria, objective, minimum, "
        "required, expected, limit, value, slo, target value, pass, acceptance, go, go threshold, "
        "minimum target, acceptable, minimum requirement, success, criteria, criterion, pass threshold, "
        "exit criteria, green, proceed if, go if, continue if, advance if, proceed, pass if, "
        "go/no-go threshold, exit criterion"
    ),
    "col_alert": (
        "alert, alert threshold, warning, critical, red, alarm, roll-back, alert if, rollback, "
        "rollback threshold, rollback trigger, no-go, failure, warning threshold, critical threshold, "
        "yellow, red flag, trigger, stop, pivot, abort, fail, action threshold, halt, halt if, stop if, "
        "pause if, abort if, rollback if, roll-back if, no-go if, red line, kill threshold"
    ),
    "col_stretch": (
        "stretch, stretch goal, stretch target, ideal, excellent, ambition, aspirational, optimal"
    ),
    "col_actual": (
        "actual, current, result, results, status, baseline, before, today, actual value, measured, last, "
        "previous, as is, now, done, starting point, current value"
    ),
    "col_frequency": (
        "frequency, cadence, how often, interval, measurement, source, data source, method, tool, "
        "measured by, how measured, measurement method, notes, note, comment*, description, rationale, "
        "action, owner, window, unit, why, how, response, timeframe"
    ),
    "col_phase": (
        "phase, stage, wave, step, ring, tier, week, day, month, period, milestone, cohort, release, "
        "rollout stage, sprint, timeline, #, iteration"
    ),
    "col_name": "name, title, focus, description, scope, environment",
    "col_audience": (
        "audience, users, user, participants, size, cohort, population, target audience, who, est. users, "
        "estimated users, user count, testers, customers, clients, target users, group, number of users, "
        "count, scope, target, max users, sites, tenants, stores, target group, accounts, teams, devices, "
        "installs, machines, branches, clinics, hospitals, schools, employees, people, persons, seats, "
        "nodes, servers, locations, hosts, regions, # users, who gets it, who has access, who is included, "
        "who can use it, rollout audience, included"
    ),
    "col_percent": (
        "%, rollout %, traffic, percentage, rollout, percent, exposure, traffic %, % of users, % users, "
        "rollout percentage, share, % traffic, coverage, reach, weight"
    ),
    "col_when": (
        "when, timing, day, week, date, dates, duration, timeline, schedule, time, timeframe, period, "
        "start, end, weeks, due, due date, deadline, target date, days, start date, end date, length, "
        "calendar"
    ),
    "col_what": (
        "communication, announcement, message, activity, what, task, event, item, topic, action, content, "
        "deliverable, type, update, milestone, subject, step"
    ),
    "col_who": "audience, recipients, recipient, stakeholder, stakeholders, who, to, target",
    "col_channel": "channel, channels, method, medium, via, format, tool",
    "col_owner": (
        "owner, responsible, lead, assignee, by, dri, accountable, role, assigned to, sender, person"
    ),
    "col_approver": (
        "approver, approvers, approved by, signatory, sign-off, required approver, sign-off by, "
        "required sign-off, approval required, approval, authorized by, authority"
    ),
    "col_signature": "signature, signed, sign-off, approval, approved, signed off, decision, approved?",
    "col_risk": "risk, risks, threat",
    "col_probability": "probability, likelihood, chance",
    "col_impact": "impact, severity, consequence",
    "col_mitigation": "mitigation, mitigations, response, mitigation strategy, countermeasure*, action",
    "col_cost": "cost, costs, amount, budget, price, estimate",
    "col_trigger": (
        "trigger, triggers, rollback trigger, condition, event, rollback condition, rollback if, "
        "trigger condition"
    ),
    "attributes": (
        "participants, duration, focus, format, content, time, tool, agenda, audience, channel, channels, "
        "owner, frequency, attendees, topics, when, who, purpose, day, location, timing, recipients, "
        "template, method, subject, responsible, message, cadence, sender, where"
    ),
    "channels": (
        "email*, e-mail*, newsletter*, announcement*, press*, blog*, social media*, webinar*, post, posts, "
        "website*, landing page*, in-app*, slack*, twitter*, reddit*, linkedin*, notification*, "
        "invitation*, release notes"
    ),
    "sign_fields": (
        "date, signature, signed, decision, comments, comment, notes, name, status, version, conditions"
    ),
    "stopwords": "the, and, of, to, for, with, is, on, users, in",
}
