"""This room's section of a plan file: what is known of people, what they are asked, whom a phase wants."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import AfterValidator, Field, model_validator

from cohorts.attributes import BUILT_IN, TESTS
from cohorts.models import AttributeDefinition, ConsentEvent, ConsentText, Quota, Selection, SelectionRule
from cohorts.states import AttributeType, Method, Purpose
from phases.documents.rows import Wanted, remove_others, unknown, upsert
from phases.documents.schema import Code, Coded, KeyRefused, Line, PlanModel, Text, filled, nearest, one_of
from phases.models import Phase, Rollout
from phases.registry import PlanProblem, PlanSection, plan_section
from rollout_portal.accounts.models import User

_Name = Annotated[Line, Field(max_length=100)]
_Value = Annotated[Line, Field(max_length=120)]
_Small = Annotated[int, Field(ge=1, le=32767)]
_Seats = Annotated[int, Field(ge=0, le=2**31 - 1)]


def _test(value: str) -> str:
    if value not in TESTS:
        raise ValueError(_("“%s” is not a test.") % value + " " + nearest(value, TESTS))
    return value


def _method(value: str) -> str:
    allowed = [Method.QUOTA.value, Method.PROPORTIONAL.value]
    if value not in allowed:
        raise ValueError(_("“%s” is no way to give seats.") % value + " " + nearest(value, allowed))
    return value


class WordingPlan(PlanModel):
    """A text in one language."""

    language: Code
    text: Text


class ChoicePlan(PlanModel):
    """One of the values of a choice."""

    value: _Value
    label: _Value | None = None
    texts: list[WordingPlan] = []


class AttributePlan(Coded):
    """A fact about people that the rollout uses."""

    counted_as: ClassVar = gettext_lazy("attributes")

    label: _Name
    texts: list[WordingPlan] = []
    type: Annotated[str, one_of(AttributeType)] = AttributeType.TEXT.value
    choices: list[ChoicePlan] = []
    sensitive: bool = False

    @model_validator(mode="after")
    def _a_choice_has_choices(self) -> Self:
        if (self.type == AttributeType.CHOICE) != bool(self.choices):
            raise KeyRefused("choices", _("A choice names its choices; nothing else has any."))
        return self


class ConsentPlan(Coded):
    """What people are asked to agree to."""

    counted_as: ClassVar = gettext_lazy("consent texts")

    purpose: Annotated[str, one_of(Purpose)]
    version: _Small = 1
    required: bool = False
    texts: Annotated[list[WordingPlan], Field(min_length=1)]


class SeatsPlan(Coded):
    """The seats for people with one value."""

    counted_as: ClassVar = gettext_lazy("quotas")

    value: _Value
    label: _Value | None = None
    people: _Seats


class ConditionPlan(PlanModel):
    """Who can be drawn: one line of the rule."""

    attribute: Code
    test: Annotated[str, AfterValidator(_test)]
    value: _Value | None = None
    values: list[_Value] = []

    @model_validator(mode="after")
    def _says_what_it_looks_for(self) -> Self:
        if self.test == "in" and (not self.values or self.value):
            raise KeyRefused("values", _("“in” takes a list: values: [ios, android]"))
        if self.test == "known" and (self.value or self.values):
            raise KeyRefused("value", _("“known” takes no value."))
        if self.test not in ("in", "known") and (self.value is None or self.values):
            raise KeyRefused("value", _("This test takes one value."))
        return self


class SelectionPlan(Coded):
    """Whom a phase wants."""

    counted_as: ClassVar = gettext_lazy("selection rules")

    phase: Code
    method: Annotated[str, AfterValidator(_method)] = Method.QUOTA.value
    by: Code = "language"
    seats: list[SeatsPlan] = []
    people: _Seats | None = None
    everyone: bool = False
    conditions: list[ConditionPlan] = []
    note: Text = ""

    @model_validator(mode="after")
    def _seats_belong_to_quotas(self) -> Self:
        if self.method == Method.QUOTA and (not self.seats or self.people is not None or self.everyone):
            raise KeyRefused("seats", _("A quota names its seats, and nothing about shares."))
        if self.method == Method.PROPORTIONAL and self.seats:
            raise KeyRefused("seats", _("Shares follow the register; seats belong to a quota."))
        if len({seat.value for seat in self.seats}) < len(self.seats):
            raise KeyRefused("seats", _("Two lines give seats to the same value. Make them one."))
        if self.method == Method.PROPORTIONAL and bool(self.conditions) == self.everyone:
            raise KeyRefused("everyone", _("Say who can be drawn: conditions, or everyone: true."))
        return self


class CohortsPlan(PlanModel):
    """People in a plan file."""

    attributes: list[AttributePlan] = []
    consents: list[ConsentPlan] = []
    selections: list[SelectionPlan] = []


def load(rollout: Rollout, plan: CohortsPlan, by: User | None) -> list[PlanProblem]:
    """Write attributes, consent texts, and the rules with their quotas."""
    _attributes, problems = upsert(
        AttributeDefinition,
        rollout,
        [
            Wanted(
                one.code,
                {
                    "label": one.label,
                    "texts": _by_language(one.texts),
                    "type": one.type,
                    "choices": [_choice(choice) for choice in one.choices],
                    "sensitive": one.sensitive,
                },
                ("attributes", place),
            )
            for place, one in enumerate(plan.attributes)
        ],
    )
    _texts, refused = upsert(
        ConsentText,
        rollout,
        [
            Wanted(
                one.code,
                {
                    "purpose": one.purpose,
                    "version": one.version,
                    "required": one.required,
                    "texts": _by_language(one.texts),
                },
                ("consents", place),
            )
            for place, one in enumerate(plan.consents)
        ],
    )
    return [*problems, *refused, *_languages(rollout, plan), *_load_rules(rollout, plan)]


def _load_rules(rollout: Rollout, plan: CohortsPlan) -> list[PlanProblem]:
    phases = {phase.code: phase for phase in Phase.objects.filter(rollout=rollout).select_related("base")}
    problems = [
        problem
        for place, one in enumerate(plan.selections)
        for problem in _wrong(rollout, plan, place, one, phases)
    ]
    fitting = [(place, one) for place, one in enumerate(plan.selections) if one.phase in phases]
    twice = {
        one.phase for _place, one in fitting if sum(other.phase == one.phase for _p, other in fitting) > 1
    }
    if twice:
        message = _("The phase has two selection rules. One says whom it wants.")
        return [
            *problems,
            *(
                PlanProblem(("selections", place, "phase"), message)
                for place, one in fitting
                if one.phase in twice
            ),
        ]
    rules, refused = upsert(
        SelectionRule,
        rollout,
        [
            Wanted(
                one.code,
                {
                    "phase": phases[one.phase],
                    "method": one.method,
                    "attribute": one.by,
                    "total": one.people,
                    "everyone": one.everyone,
                    "conditions": [_condition(condition) for condition in one.conditions],
                    "text": one.note,
                },
                ("selections", place),
            )
            for place, one in fitting
        ],
        settled=_drawn_by,
    )
    quotas = [
        Wanted(
            seat.code,
            {
                "rule": rules[one.code],
                "value": seat.value,
                "label": seat.label or "",
                "seats": seat.people,
            },
            ("selections", place, "seats", number),
        )
        for place, one in fitting
        if one.code in rules
        for number, seat in enumerate(one.seats)
    ]
    seats = upsert(Quota, rollout, quotas, settled=lambda quota: _drawn_by(quota.rule))
    return [*problems, *refused, *seats[1]]


def _drawn_by(rule: SelectionRule) -> str:
    """Say why a rule is history: people were drawn by it."""
    if rule.pk is None or not Selection.objects.filter(phase_id=rule.phase_id).exists():
        return ""
    return _("People were drawn for “%s” by this rule. Draw again in the console.") % rule.phase.name


def _condition(condition: ConditionPlan) -> dict[str, Any]:
    value: Any = condition.values if condition.test == "in" else condition.value
    return {"attribute": condition.attribute, "test": condition.test} | (
        {} if value is None else {"value": value}
    )


def _wrong(
    rollout: Rollout, plan: CohortsPlan, place: int, one: SelectionPlan, phases: dict[str, Phase]
) -> list[PlanProblem]:
    """Return what a rule refers to in vain, and warn when its seats do not make up the phase."""
    path = ("selections", place)
    known = [*BUILT_IN, *(attribute.code for attribute in plan.attributes)]
    found = []
    if one.phase not in phases:
        found.append(unknown(one.phase, phases, (*path, "phase"), _("phase")))
    if one.by not in known:
        found.append(unknown(one.by, known, (*path, "by"), _("attribute")))
    found += [
        unknown(condition.attribute, known, (*path, "conditions", number, "attribute"), _("attribute"))
        for number, condition in enumerate(one.conditions)
        if condition.attribute not in known
    ]
    values = _values_of(rollout, plan, one.by)
    for number, seat in enumerate(one.seats):
        if values is not None and seat.value not in values:
            found.append(unknown(seat.value, values, (*path, "seats", number, "value"), _("value")))
    planned = phases[one.phase].planned_size if one.phase in phases else None
    seats = sum(seat.people for seat in one.seats)
    if one.seats and planned is not None and planned != seats:
        message = _("The seats make %(seats)d people, the phase plans %(planned)d.") % {
            "seats": seats,
            "planned": planned,
        }
        found.append(PlanProblem((*path, "seats"), message, is_warning=True))
    return found


def _values_of(rollout: Rollout, plan: CohortsPlan, attribute: str) -> list[str] | None:
    """Return the values that an attribute can have, where they are known beforehand."""
    if attribute == "language":
        return list(rollout.languages)
    for one in plan.attributes:
        if one.code == attribute and one.choices:
            return [choice.value for choice in one.choices]
    return None


def _languages(rollout: Rollout, plan: CohortsPlan) -> list[PlanProblem]:
    """Refuse a text in a language that the testers do not have, and warn where one is missing.

    Names of facts may do without: staff read their label, and testers too where nothing else is given.
    """
    found: list[PlanProblem] = []
    for place, one in enumerate(plan.consents):
        path = ("consents", place, "texts")
        found += _wrong_languages(rollout, one.texts, path)
        given = [wording.language for wording in one.texts]
        missing = [language for language in rollout.languages if language not in given]
        if missing:
            message = _("There is no text in: %s.") % ", ".join(missing)
            found.append(PlanProblem(path, message, is_warning=True))
    for place, fact in enumerate(plan.attributes):
        found += _wrong_languages(rollout, fact.texts, ("attributes", place, "texts"))
        for number, choice in enumerate(fact.choices):
            at = ("attributes", place, "choices", number, "texts")
            found += _wrong_languages(rollout, choice.texts, at)
    return found


def _wrong_languages(
    rollout: Rollout, texts: Sequence[WordingPlan], path: tuple[str | int, ...]
) -> Iterator[PlanProblem]:
    given = [wording.language for wording in texts]
    for number, language in enumerate(given):
        place = (*path, number, "language")
        if language not in rollout.languages:
            yield unknown(language, rollout.languages, place, _("language of the testers"))
        if language in given[:number]:
            yield PlanProblem(place, _("There are two texts in this language."))


def _by_language(texts: Sequence[WordingPlan]) -> dict[str, str]:
    return {wording.language: wording.text for wording in texts}


def _choice(choice: ChoicePlan) -> dict[str, Any]:
    kept = choice.model_dump(exclude_none=True, exclude={"texts"})
    return kept | ({"texts": _by_language(choice.texts)} if choice.texts else {})


def dump(rollout: Rollout) -> CohortsPlan | None:
    """Return what a rollout says of people; None when it says nothing."""
    attributes = [_dumped_attribute(row) for row in rollout.attributedefinitions.order_by("position", "pk")]
    consents = [_dumped_consent(row) for row in rollout.consenttexts.order_by("position", "pk")]
    rules = SelectionRule.objects.filter(rollout=rollout).select_related("phase").prefetch_related("quotas")
    selections = [_dumped_rule(row) for row in rules.order_by("position", "pk")]
    if not (attributes or consents or selections):
        return None
    return CohortsPlan(attributes=attributes, consents=consents, selections=selections)


def _dumped_attribute(row: AttributeDefinition) -> AttributePlan:
    return filled(
        AttributePlan,
        code=row.code,
        label=row.label,
        texts=_wordings(row.rollout, row.texts),
        type=row.type,
        choices=[
            filled(ChoicePlan, **choice | {"texts": _wordings(row.rollout, choice.get("texts", {}))})
            for choice in row.choices
        ],
        sensitive=row.sensitive,
    )


def _wordings(rollout: Rollout, texts: Mapping[str, str]) -> list[WordingPlan]:
    order = {language: place for place, language in enumerate(rollout.languages)}
    ordered = sorted(texts.items(), key=lambda item: order.get(item[0], len(order)))
    return [WordingPlan(language=language, text=text) for language, text in ordered]


def _dumped_consent(row: ConsentText) -> ConsentPlan:
    return filled(
        ConsentPlan,
        code=row.code,
        purpose=row.purpose,
        version=row.version,
        required=row.required,
        texts=_wordings(row.rollout, row.texts),
    )


def _dumped_rule(row: SelectionRule) -> SelectionPlan:
    quotas: Iterable[Quota] = sorted(row.quotas.all(), key=lambda quota: (quota.position, quota.pk))
    return filled(
        SelectionPlan,
        code=row.code,
        phase=row.phase.code,
        method=row.method,
        by=row.attribute,
        seats=[
            filled(
                SeatsPlan, code=quota.code, value=quota.value, label=quota.label or None, people=quota.seats
            )
            for quota in quotas
        ],
        people=row.total,
        everyone=row.everyone,
        conditions=[_dumped_condition(condition) for condition in row.conditions],
        note=row.text,
    )


def _dumped_condition(condition: dict[str, Any]) -> ConditionPlan:
    value = condition.get("value")
    if isinstance(value, list):
        return ConditionPlan(attribute=condition["attribute"], test=condition["test"], values=value)
    return ConditionPlan(attribute=condition["attribute"], test=condition["test"], value=value)


def prune(rollout: Rollout, plan: CohortsPlan) -> list[PlanProblem]:
    """Remove what the file no longer has, but no text that was agreed to and no rule that was drawn by."""
    quotas = {seat.code for one in plan.selections for seat in one.seats}
    agreed = set(
        ConsentEvent.objects.filter(participant__rollout=rollout).values_list("wording", flat=True).distinct()
    )
    drawn = set(Selection.objects.filter(rollout=rollout).values_list("phase_id", flat=True))
    return [
        *remove_others(
            Quota.objects.filter(rollout=rollout).select_related("rule"),
            quotas,
            has_history=lambda quota: quota.rule.phase_id in drawn,
        ),
        *remove_others(
            SelectionRule.objects.filter(rollout=rollout),
            {one.code for one in plan.selections},
            has_history=lambda rule: rule.phase_id in drawn,
        ),
        *remove_others(
            ConsentText.objects.filter(rollout=rollout),
            {one.code for one in plan.consents},
            has_history=lambda text: f"{text.code} {text.version}" in agreed,
        ),
        *remove_others(
            AttributeDefinition.objects.filter(rollout=rollout), {one.code for one in plan.attributes}
        ),
    ]


plan_section(PlanSection("cohorts", CohortsPlan, load, dump, prune))
