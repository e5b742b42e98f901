"""The caption of a drawn clip in Chinese: MAFW's captions come in both languages.

A fixed vocabulary of our own, one phrase an action unit, all of it in GBK.
"""

from dfer.clips.synthetic.occlusion import Covering
from dfer.clips.synthetic.shown import Shown

_PEOPLE = {"woman": "一位女士", "man": "一位男士", "person": "一个人"}
_PHRASES: dict[int, str] = {
    1: "抬起眉毛内侧",
    2: "抬起眉毛外侧",
    4: "皱着眉头",
    5: "睁大眼睛",
    6: "抬起脸颊",
    7: "绷紧眼睑",
    9: "皱起鼻子",
    10: "抬起上唇",
    12: "扬起嘴角",
    14: "收紧一侧嘴角",
    15: "嘴角下垂",
    17: "抬起下巴",
    20: "向两侧拉开嘴唇",
    23: "收紧嘴唇",
    24: "紧闭嘴唇",
    25: "张开嘴唇",
    26: "张大嘴巴",
    32: "咬住下唇",
    43: "垂下眼皮",
    61: "看向一边",
    64: "向下看",
}
_AT_REST = "面部放松"
_TOO_LITTLE_SEEN = "看不清面部动作"
_STRENGTHS = {-1: "略微", 0: "", 1: "明显"}
_COVERED: dict[Covering, str] = {
    "hand": "手挡住部分脸",
    "scarf": "围巾挡住嘴",
    "mask": "口罩挡住嘴",
    "sunglasses": "墨镜挡住眼睛",
    "hair": "头发挡住部分脸",
    "object": "脸被东西短暂挡住",
}
_NODS = {-1: "仰着头", 1: "低着头"}


def describe_clip_in_chinese(shown: Shown) -> str:
    """One sentence without a full stop, such as 一位女士略微抬起眉毛内侧，嘴角下垂."""
    phrases = [f"{_STRENGTHS[shown.strength(unit)]}{_PHRASES[unit]}" for unit in shown.noticed]
    if not phrases:
        unclear = shown.hides_units or (shown.tells_strength and shown.peaks)
        phrases = [_TOO_LITTLE_SEEN if unclear else _AT_REST]
    if shown.is_turned:
        phrases.append("脸转向一侧")
    if shown.nod:
        phrases.append(_NODS[shown.nod])
    if shown.covering:
        phrases.append(_COVERED[shown.covering])
    return _PEOPLE[shown.person] + "，".join(phrases)
