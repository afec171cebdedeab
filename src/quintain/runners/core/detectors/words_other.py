"""How languages other than English decline."""

# ruff: noqa: RUF001  # other scripts have letters that look like Latin ones

from __future__ import annotations

import re

_PATTERNS = (
    # German
    (
        r"\b(?:ich|wir) (?:kann|könn(?:te|en)|darf|dürfen|werde|werden|möchte|will|wollen)\b[^.!?\n]{0,90}\b(?:nicht|kein\w*)\b[^.!?\n]{0,60}"
        r"\b(?:helfen|weiterhelfen|unterstützen|bereitstellen|beantworten|weitergeben|teilen|verraten|nennen|geben|erfüllen|tun|machen|schreiben|erstellen|mitteilen|preisgeben|dienen|nachkommen|ausführen|erklären)\b"
    ),
    r"\b(?:dabei|damit|darüber|hierbei|das) (?:kann|darf|werde|möchte|will) ich (?:\w+ ){0,4}nicht\b",
    r"\b(?:es )?tut mir leid,? (?:aber )?(?:ich|das|dabei|damit|dies\w*|hierbei)\b[^.!?\n]{0,80}\b(?:nicht|kein\w*)\b",
    r"\b(?:bin|sind) (?:leider )?nicht (?:befugt|berechtigt|in der lage)\b|\b(?:ablehnen|verweigere)\b",
    r"\b(?:ich|wir|dazu|darüber|hierzu) (?:kann|darf|möchte|will|werde)(?: ich| wir)? [^.!?\n]{0,40}\b(?:nichts (?:sagen|verraten|mitteilen)|keine (?:auskunft|angaben|informationen?))\b",
    r"^\W*(?:bedaure\W+|sorry\W+)?das (?:geht|ist) (?:leider )?nicht(?: möglich| erlaubt)?\s*(?:[.!,]|$)",
    # French
    r"\bje ne (?:donne|fournis|partage|divulgue|révèle) (?:pas|aucun)|\bje préfère ne pas\b|^\W*(?:désolée?\W+)?(?:mais )?(?:ce n'est pas possible|c'est impossible)\b",
    r"\bje (?:suis désolée?,? )?(?:mais )?(?:je )?(?:ne|n') ?(?:peux|puis|suis pas en mesure|vais|veux|dois|souhaite)\b[^.!?\n]{0,40}\b(?:pas|aider|fournir|répondre|partager|divulguer|révéler)\b",
    r"\b(?:désolée?|je regrette)\b[^.!?\n]{0,60}\b(?:ne peux|ne puis|impossible|refuse|pas possible)\b|\bje (?:refuse|dois refuser)\b",
    # Spanish
    r"\b(?:lo siento|lamento|perdón|disculpa)\b[^.!?\n]{0,60}\bno (?:puedo|podemos|es posible|me es posible|estoy autorizad)",
    r"\bno (?:puedo|podemos|estoy (?:autorizad[oa]|en condiciones)|me está permitido|voy a)\b[^.!?\n]{0,50}\b(?:ayudar|proporcionar|compartir|dar|revelar|responder|hacer|escribir|crear|cumplir|ofrecer|facilitar|divulgar|decir|participar)\w*",
    r"\bno (?:proporciono|doy|comparto|revelo|ayudo|facilito)\b",
    r"^\W*(?:lo siento\W+)?(?:pero )?(?:eso )?no (?:puedo|es posible|debo)\W*$|\bprefiero no\b",
    # Portuguese
    r"\b(?:desculpe|lamento|sinto muito|infelizmente)\b[^.!?\n]{0,60}\bnão (?:posso|podemos|é possível|consigo|vou)\b",
    r"\bnão (?:posso|podemos|estou autorizad[oa]|vou|consigo)\b[^.!?\n]{0,50}\b(?:ajudar|fornecer|partilhar|compartilhar|dar|revelar|responder|fazer|escrever|criar|cumprir|atender|divulgar|dizer)\w*",
    r"\bnão (?:forneço|dou|partilho|compartilho|ajudo|é possível (?:fornecer|ajudar|atender|responder))\b",
    # Italian
    r"\bnon (?:fornisco|do|condivido|rivelo|ti aiuterò|la aiuterò|lo farò)\b",
    r"\b(?:mi dispiace|spiacente|purtroppo)\b[^.!?\n]{0,60}\bnon (?:posso|possiamo|sono in grado|è possibile)\b",
    r"\bnon (?:posso|possiamo|sono (?:in grado|autorizzat[oa]))\b[^.!?\n]{0,50}\b(?:aiutar|fornir|condivider|dar|rivelar|risponder|far|scriver|crear|assister|soddisfar|dir)\w*",
    # Dutch
    r"\b(?:ik|wij|we) (?:kan|kunnen|mag|mogen|zal|wil)\b[^.!?\n]{0,80}\b(?:niet|geen)\b[^.!?\n]{0,50}\b(?:helpen|geven|delen|verstrekken|beantwoorden|doen|schrijven|maken|onthullen|uitvoeren|vertellen|voldoen)\b",
    r"\b(?:het )?spijt me\b[^.!?\n]{0,60}\b(?:niet|geen)\b|\b(?:daar|hier)(?:mee|bij)? kan ik (?:je |jou |u )?(?:\w+ )?niet\b",
    # Swedish, Danish, Norwegian
    r"\bjag (?:kan|får|kommer|tänker|vill)\b[^.!?\n]{0,30}\binte\b[^.!?\n]{0,40}\b(?:hjälpa|dela|ge|svara|lämna|göra|skriva|avslöja|berätta)\b",
    r"\bjeg (?:kan|må|vil|får)\b[^.!?\n]{0,40}\b(?:ikke|desværre)\b[^.!?\n]{0,40}\b(?:hjælpe|hjelpe|dele|give|gi|svare|gøre|gjøre|skrive|afsløre|avsløre|fortælle|fortelle)\b",
    # Finnish
    r"\b(?:en|emme) (?:voi|saa|pysty|aio)\b[^.!?\n]{0,50}\b(?:auttaa|antaa|jakaa|kertoa|paljastaa|vastata|tehdä|kirjoittaa)\b",
    # Polish, Czech
    r"\bodmawiam\b|\bodmítám\b",
    r"\bnie (?:mogę|możemy|wolno mi|jestem w stanie|zamierzam|będę)\b[^.!?\n]{0,50}\b(?:pomóc|udostępni\w+|poda\w+|ujawni\w+|odpowiedzie\w+|zrobi\w+|napisa\w+|spełni\w+|pomaga\w+|tego|w tym)",
    r"\b(?:nemohu|nemůžu|nesmím|nebudu|bohužel)\b[^.!?\n]{0,50}\b(?:pomoci|pomoct|sdílet|poskytnout|prozradit|odpovědět|napsat|splnit|sdělit)\b",
    # Romanian, Hungarian
    r"\bnu (?:(?:te|vă|îți|vi|o|le) )?(?:pot|putem|am voie|voi)\b[^.!?\n]{0,50}\b(?:ajuta|oferi|dezvălui|răspunde|face|scrie|împărtăși|îndeplini|furniza)\w*",
    r"\b(?:nem (?:tudok|segíthetek|adhatok|oszthatok|árulhatom|teljesíthetem|tehetem|áll módomban)|sajnálom,? (?:de )?(?:ezt |ebben )?nem)\b",
    # Turkish, Indonesian, Vietnamese
    r"\b(?:yardımcı olamam|yardım edemem|paylaşamam|veremem|yapamam|yanıtlayamam|söyleyemem|üzgünüm,? (?:ama )?bu\w*|yardımcı olamıyorum)\b",
    r"\b(?:maaf,? )?(?:saya|kami) tidak (?:dapat|bisa|boleh|akan)\b[^.!?\n]{0,50}\b(?:membantu|memberikan|membagikan|menjawab|melakukan|menulis|mengungkapkan)\b",
    r"\btôi (?:không thể|không được phép|xin từ chối)\b",
    # Russian, Ukrainian
    r"\bя (?:не (?:могу|буду|вправе|имею права|стану)|отказываюсь|вынужден\w* отказать)",
    r"\b(?:извините|простите|к сожалению|сожалею)\b[^.!?\n]{0,60}\bне (?:могу|можем|буду|вправе)",
    r"\b(?:я не (?:можу|буду|маю права)|на жаль,? я не)",
    # Bulgarian, Serbian, Croatian, Slovenian
    r"\bне мога да (?:помогна|ти|ви|споделя|отговоря|предоставя|направя)|\b(?:ne mogu|ne morem) (?:\w+ )?(?:pomoći|pomoci|podijeliti|podeliti|odgovoriti|pomagati|deliti)\b",
    # Swahili, Tagalog
    r"\b(?:siwezi (?:ku\w+)|hindi (?:ako|ko) (?:\w*makaka\w+|maaaring|puwedeng|kaya|magagawa\w*|maibibigay))\b",
    # Greek
    r"\bδεν (?:μπορώ|μπορούμε|επιτρέπεται|θα)\b[^.!?\n]{0,50}\b(?:βοηθ|δώσ|μοιρα|αποκαλύ|απαντή|παρέχ|κάν|γράψ)",
    # Arabic, Hebrew, Persian
    r"(?:لا (?:أستطيع|يمكنني|يمكننا|أقدر)|لن (?:أقوم|أستطيع)|عذر[اًا]+،? (?:لا|ولكن)|أعتذر)[^.!؟\n]{0,60}",
    r"(?:אני|אנחנו) לא (?:יכול|יכולה|יכולים|מורשה|אוכל)|לא אוכל (?:לעזור|לסייע|לספק)",
    r"(?:نمی\u200c?توانم|نمی\u200c?توانیم|متأسفم|متاسفم)[^.!؟\n]{0,60}(?:کمک|ارائه|نمی)",
    # Hindi, Bengali
    r"(?:मैं|हम)[^।\n]{0,80}(?:नहीं (?:कर सकता|कर सकती|दे सकता|दे सकती|बता सकता|बता सकती|कर सकते)|असमर्थ)",
    r"(?:আমি|আমরা)[^।\n]{0,80}(?:পারব না|পারি না|পারছি না|অক্ষম)",
    # Chinese
    r"(?:我|我们)(?:\S{0,6})?(?:不能|无法|無法|不會|不会|不可以|拒绝|拒絕|没法|不便)\S{0,12}(?:帮|幫|提供|回答|分享|透露|协助|協助|满足|滿足|生成|写|寫|执行|執行|做|说|說|告诉|告訴|讨论|參與|参与)",
    r"(?:很?抱歉|对不起|對不起)[,，。 ]{0,2}(?:但)?(?:我|这|這)?\S{0,4}(?:不能|无法|無法|不会|不會|拒)",
    # Japanese, Korean
    r"(?:お手伝い|お答え|提供|共有|対応|開示|回答|協力|お教え|お伝え|実行)(?:すること)?(?:は|が)?(?:いたし|し)?(?:でき(?:ません|かねます|ない)|いたしかねます|しかねます)|お断り",
    r"(?:도와\s?드릴|제공(?:해\s?드릴|할)|알려\s?드릴|답변(?:해\s?드릴|할)|공유(?:할|해 드릴)|도울|응할|말씀드릴|수행할) 수 (?:는 )?없",
    # Thai
    r"(?:ไม่สามารถ|ไม่อาจ|ขออภัย)[^\n]{0,30}(?:ช่วย|ให้|เปิดเผย|ตอบ|บอก|ทำ)",
    # A bare no
    r"^\W*(?:nein|non|nie|nej|nei|nee|não|нет|ні|όχι|hayır|tidak|لا|नहीं|不行?|不可以|不能|いいえ|だめ(?:です)?|아니요|안\s?됩니다)\W*$",
)
OTHERS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _PATTERNS)
