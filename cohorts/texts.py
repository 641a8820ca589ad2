"""The portal's own words of the invitation. Machine-made but for English: to be reviewed by speakers."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from rollout_portal.outbox.rendering import Placeholder
from rollout_portal.outbox.states import MessageKind
from rollout_portal.outbox.templates import Wording

INVITATION: Final = Wording(
    kind=MessageKind.INVITATION,
    placeholders=(
        Placeholder("product", "MediMate", meaning=_("The name of the product.")),
        Placeholder("until", "14 December 2026", meaning=_("The last day for an answer.")),
        Placeholder(
            "answer_link",
            "https://portal.example/t/…",
            link=True,
            meaning=_("The personal page on which to take part or not."),
            required=True,
        ),
        Placeholder(
            "leave_link",
            "https://portal.example/t/…",
            link=True,
            meaning=_("The personal page on which to leave, or get no more mail."),
            required=True,
        ),
    ),
    title=_("Invitation to testers"),
    occasion=_("Goes to each person of a batch when it is approved and due."),
    texts={
        "en": (
            "Will you test {product} with us?",
            "Hello,\n\n"
            "you were chosen to test something new in {product} before everybody else gets it. "
            "You use it as you like and tell us once a week, in a minute, how it went.\n\n"
            "See what it is and answer: {answer_link}\n\n"
            "Please answer by {until}. The page asks you first; nothing happens before you press "
            "a button.\n\n"
            "You do not want these messages? {leave_link}",
        ),
        "ms": (
            "Mahukah anda menguji {product} bersama kami?",
            "Salam sejahtera,\n\n"
            "anda telah dipilih untuk menguji sesuatu yang baharu dalam {product} sebelum orang lain. "
            "Gunakannya seperti biasa dan beritahu kami seminggu sekali, dalam seminit, bagaimana "
            "keadaannya.\n\n"
            "Lihat butirannya dan jawab: {answer_link}\n\n"
            "Sila jawab sebelum {until}. Halaman itu akan bertanya dahulu; tiada apa-apa berlaku sebelum "
            "anda menekan butang.\n\n"
            "Tidak mahu menerima mesej ini? {leave_link}",
        ),
        "zh-hans": (
            "您愿意和我们一起测试 {product} 吗？",
            "您好：\n\n"
            "您被选中抢先测试 {product} 的新功能。请照常使用，每周花一分钟告诉我们您的感受。\n\n"
            "了解详情并答复：{answer_link}\n\n"
            "请在 {until} 之前答复。页面会先询问您；在您按下按钮之前，什么都不会发生。\n\n"
            "不想再收到这些信息？{leave_link}",
        ),
        "ta": (
            "{product}-ஐ எங்களுடன் சோதிக்க விரும்புகிறீர்களா?",
            "வணக்கம்,\n\n"
            "{product}-இல் வரும் புதிய ஒன்றை மற்றவர்களுக்கு முன் சோதிக்க நீங்கள் தேர்ந்தெடுக்கப்பட்டுள்ளீர்கள். "
            "வழக்கம்போல் பயன்படுத்துங்கள்; வாரம் ஒரு முறை, ஒரு நிமிடத்தில், உங்கள் கருத்தைச் சொல்லுங்கள்.\n\n"
            "விவரங்களைப் பார்த்துப் பதிலளிக்க: {answer_link}\n\n"
            "{until}-க்குள் பதிலளியுங்கள். பக்கம் முதலில் உங்களைக் கேட்கும்; நீங்கள் பொத்தானை அழுத்தும் வரை "
            "எதுவும் நடக்காது.\n\n"
            "இந்தச் செய்திகள் வேண்டாமா? {leave_link}",
        ),
    },
)
