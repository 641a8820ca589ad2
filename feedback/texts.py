"""What the mails of this room say. The Malay, Chinese and Tamil texts were made by machine: a speaker
of each has to review them before people get them."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from feedback.services.items import ANSWER_TEMPLATE
from feedback.services.waves import TEMPLATE, TEMPLATE_WITH_MARKS
from feedback.states import SCALES, QuestionKind
from rollout_portal.outbox.rendering import Placeholder
from rollout_portal.outbox.states import MessageKind
from rollout_portal.outbox.templates import Wording, define

_PLACEHOLDERS: Final = (
    Placeholder("product", "MediMate", meaning=_("The name of the product.")),
    Placeholder("survey", "Weekly survey", meaning=_("The title of the survey, in the reader’s language.")),
    Placeholder(
        "until",
        "Sunday, 29 November 2026, 23:59 (MYT)",
        meaning=_("When the survey closes, in the reader’s zone."),
    ),
    Placeholder(
        "answer_link",
        "https://portal.example/t/s/…",
        link=True,
        meaning=_("The personal page with the questions."),
        required=True,
    ),
    Placeholder(
        "leave_link",
        "https://portal.example/t/l/…",
        link=True,
        meaning=_("The personal page on which to leave, or get no more mail."),
        required=True,
    ),
)
_MARKS: Final = [f"nps_{mark}" for mark in SCALES[QuestionKind.NPS].values]
_MARK_PLACEHOLDERS: Final = (
    Placeholder(
        "question",
        "Would you recommend it to friends or family?",
        meaning=_("The question from 0 to 10, in the reader’s language."),
        required=True,
    ),
    Placeholder("lowest", "Certainly not", meaning=_("What 0 stands for.")),
    Placeholder("highest", "Certainly", meaning=_("What 10 stands for.")),
    *(
        Placeholder(
            name,
            "https://portal.example/t/s/…",
            link=True,
            meaning=_("Opens the questions with this mark chosen; nothing is recorded by it."),
            required=True,
        )
        for name in _MARKS
    ),
)
# What a tester presses in the mail is only chosen on the page that opens; she sends it there.
_ROW: Final = (
    "{question}\n\n"
    + "\n".join(f"{mark}: {{{name}}}" for mark, name in enumerate(_MARKS))
    + "\n\n0: {lowest}, 10: {highest}\n\n"
)

_SURVEY: Final = {
    "en": (
        "Hello,\n\nplease tell us about your week with {product}. It takes about a minute.\n\n",
        "Answer now: {answer_link}\n\n"
        "You can answer until {until}. The link is for you alone; please do not pass it on.\n\n"
        "To leave the test: {leave_link}",
    ),
    "ms": (
        "Salam sejahtera,\n\n"
        "sila beritahu kami tentang minggu anda bersama {product}. Ia mengambil masa kira-kira "
        "satu minit.\n\n",
        "Jawab sekarang: {answer_link}\n\n"
        "Anda boleh menjawab sehingga {until}. Pautan ini untuk anda sahaja; tolong jangan "
        "kongsikannya.\n\n"
        "Untuk keluar daripada ujian: {leave_link}",
    ),
    "zh-hans": (
        "您好：\n\n请告诉我们您本周使用 {product} 的情况，大约需要一分钟。\n\n",
        "现在回答：{answer_link}\n\n"
        "您可以在 {until} 之前回答。此链接仅供您本人使用，请勿转发。\n\n"
        "退出测试：{leave_link}",
    ),
    "ta": (
        "வணக்கம்,\n\n{product} உடன் உங்கள் வாரம் எப்படி இருந்தது என்று சொல்லுங்கள். சுமார் ஒரு நிமிடம் ஆகும்.\n\n",
        "இப்போது பதிலளிக்க: {answer_link}\n\n"
        "{until} வரை பதிலளிக்கலாம். இந்த இணைப்பு உங்களுக்கு மட்டுமே; பிறருடன் பகிர வேண்டாம்.\n\n"
        "சோதனையிலிருந்து விலக: {leave_link}",
    ),
}

define(
    TEMPLATE,
    Wording(
        kind=MessageKind.SURVEY_REQUEST,
        placeholders=_PLACEHOLDERS,
        title=_("Survey request"),
        occasion=_("Goes to everybody who takes part when a wave opens that has no question from 0 to 10."),
        texts={
            language: ("{product}: {survey}", f"{begin}{end}") for language, (begin, end) in _SURVEY.items()
        },
    ),
)

define(
    TEMPLATE_WITH_MARKS,
    Wording(
        kind=MessageKind.SURVEY_REQUEST,
        placeholders=(*_PLACEHOLDERS, *_MARK_PLACEHOLDERS),
        title=_("Survey request with marks"),
        occasion=_(
            "The same for a wave that asks one question from 0 to 10: the mark is pressed in the mail."
        ),
        texts={
            language: ("{product}: {survey}", f"{begin}{_ROW}{end}")
            for language, (begin, end) in _SURVEY.items()
        },
    ),
)

define(
    ANSWER_TEMPLATE,
    Wording(
        kind=MessageKind.ANSWER,
        placeholders=(
            Placeholder("product", "MediMate", meaning=_("The name of the product.")),
            Placeholder("number", "FB-0412", meaning=_("The number of the report.")),
            Placeholder(
                "answer",
                "Thank you! This is mended in version 5.1.2.",
                meaning=_("What support wrote."),
                required=True,
            ),
        ),
        title=_("Answer to a report"),
        occasion=_("Goes to the tester when support answers what she reported."),
        texts={
            "en": (
                "{product}: your report {number}",
                "Hello,\n\nyou told us about a problem ({number}). Our answer:\n\n{answer}",
            ),
            "ms": (
                "{product}: laporan anda {number}",
                "Salam sejahtera,\n\n"
                "anda telah memberitahu kami tentang satu masalah ({number}). Jawapan kami:\n\n{answer}",
            ),
            "zh-hans": (
                "{product}：您的反馈 {number}",
                "您好：\n\n您向我们反馈了一个问题（{number}）。我们的答复：\n\n{answer}",
            ),
            "ta": (
                "{product}: உங்கள் அறிக்கை {number}",
                "வணக்கம்,\n\nநீங்கள் ஒரு சிக்கலைப் பற்றி எங்களிடம் தெரிவித்தீர்கள் ({number}). எங்கள் பதில்:\n\n{answer}",
            ),
        },
    ),
)
