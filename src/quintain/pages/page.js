// What a person sees of a page, told from inside one of its frames.
//
// An expression that gives an object of functions; quintain/pages/eyes.py evaluates it with one of
// them called. Nothing of the page is changed. Open shadow roots are walked as they are shown, with
// slotted nodes in their places.
(() => {
  const MOST_NODES = 30000;
  const MOST_TEXT = 500000;

  // ---- words -------------------------------------------------------------------------------
  const TALK = /messag|chat|\bask\b|ask |type|write|say |reply|prompt|question|talk|conversation|nachricht|frage|schreib|eingabe|mensaje|mensagem|pregunt|pergunt|escrib|escrev|écri|messaggio|scriv|bericht|stel |vraag|сообщен|напиш|спрос|消息|输入|提问|聊|メッセージ|入力|質問|메시지|입력|질문/i;
  const OTHER = /e-?mail|password|phone|\btel\b|\bzip\b|postal|postcode|coupon|promo|newsletter|subscri|user ?name|login|sign ?in|first name|last name|full name|your name|address|\bcard\b|captcha|quantity|comment|review/i;
  const SEARCH = /search|suche|buscar|recherch|cerca|zoek|filter|поиск|搜索|検索/i;
  const ROOM = new Set(['chat', 'chatbot', 'bot', 'assistant', 'conversation', 'messenger', 'message', 'messages', 'webchat', 'copilot', 'livechat', 'composer', 'prompt']);
  const SEND = /\b(send|submit|ask|go|post|reply)\b|send|senden|abschicken|enviar|envoyer|invia|verzend|отправ|发送|送信|보내기|paper-?plane|arrow-?up|^[→➤➔⬆↑▶►⏎↵✈]/i;
  const NOT_SEND = /attach|upload|file|\bmic|microphone|voice|speech|record|audio|camera|photo|image|emoji|smil|clear|cancel|\bstop|close|setting|\bgif|new chat|reset|copy|share|delete|minimi|expand|restart|feedback|send (us )?(an )?e-?mail/i;
  const OPEN = /chat|messag|talk|\bask\b|help|support|assist|\bbot\b|messenger|conversation|agent|let.?s start|get started|start|^english\b|nachricht|hilfe|frag|ayuda|aide|aiuto|помо|чат|聊|客服|咨询|帮助|チャット|채팅/i;
  const PLAINLY = /\b(chat|ask|talk|message)\b/i;
  const OPENER_WORDS = new Set(['launcher', 'bubble', 'chat', 'chatbot', 'bot', 'messenger', 'webchat', 'livechat', 'fab', 'chatbubble', 'assistant', 'toggle', 'opener', 'trigger']);
  const NOT_OPEN = /close|minimi|hide|dismiss|cookie|accept|reject|log ?in|sign ?(in|up)|register|search|\bmenu\b|\btop\b|accessib|\bcart\b|download|whats ?app|telegram|facebook|twitter|e-?mail|\bcall\b|phone|privacy|terms|\bsend\b|submit|delete|clear|language|theme|attach|upload/i;
  const REFUSE = /^(reject|reject all|decline|decline all|refuse|deny|no,? thanks|only (necessary|essential|required)|(necessary|essential|required)( cookies)? only|use necessary|continue without|alle ablehnen|ablehnen|nur notwendige|rechazar|refuser|tout refuser|rifiuta|weigeren|rejeitar)/i;
  const AGREE = /^(accept|allow|i (accept|agree|understand)|agree|yes,? i|got it|ok(ay)?$|understood|continue|enter|alle akzeptieren|akzeptieren|zustimmen|einverstanden|verstanden|aceptar|acepto|accepter|j.accepte|accetta|akkoord|aceitar|принять|同意|接受|同意する|동의)/i;
  const LEAVE = /^(close|dismiss|skip|not now|maybe later|no|later|×|✕|✖|x|schließen|später|cerrar|fermer|chiudi)$/i;
  const CONSENT = /cookie|consent|gdpr|ccpa|privacy|datenschutz|privacidad|confidentialit|tracking|terms|conditions|\bage\b|18\+?/i;
  const BUSY = new Set(['typing', 'loading', 'loader', 'spinner', 'thinking', 'skeleton', 'generating', 'streaming', 'shimmer', 'writing', 'pending']);
  const DOTS = new Set(['dots', 'dot', 'ellipsis']);
  const LABEL = new Set(['avatar', 'author', 'sender', 'username', 'nickname', 'timestamp', 'time', 'datetime', 'receipt', 'tick', 'ticks', 'initials']);
  const THOUGHT = new Set(['thought', 'thoughts', 'thinking', 'reasoning']);
  const CHIP = new Set(['chip', 'chips', 'suggestion', 'suggestions', 'suggested', 'quickreply', 'quickreplies', 'feedback', 'toolbar', 'tooltip', 'toast', 'snackbar', 'followup', 'followups', 'rating', 'ratings', 'reactions']);
  const MINE = new Set(['user', 'human', 'visitor', 'outgoing', 'mine', 'self', 'customer', 'client']);
  const THEIRS = new Set(['bot', 'assistant', 'agent', 'ai', 'incoming', 'received', 'chatbot', 'operator', 'model', 'server']);
  const CONTROLS = 'button, [role=button], input[type=submit], input[type=button], input[type=image], a, [onclick], [role=link], summary';
  const SKIP = new Set(['script', 'style', 'noscript', 'template', 'input', 'textarea', 'select', 'option', 'datalist', 'svg', 'canvas', 'video', 'audio', 'object', 'embed', 'iframe', 'frame', 'head', 'meta', 'link', 'title', 'progress', 'meter']);
  const PAINTED = new Set(['pre', 'code', 'table', 'tr', 'td', 'th', 'blockquote', 'ul', 'ol', 'li', 'p', 'a', 'details']);
  const TALL = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'pre', 'blockquote', 'table', 'ul', 'ol']);

  // ---- the tree as it is shown ---------------------------------------------------------------
  const below = (node) => {
    if (node.shadowRoot) return node.shadowRoot.childNodes;
    if (node.localName === 'slot') {
      const given = node.assignedNodes({ flatten: true });
      if (given.length) return given;
    }
    return node.childNodes;
  };
  const above = (node) => node.assignedSlot || (node.parentNode instanceof ShadowRoot ? node.parentNode.host : node.parentElement);
  const lineage = (node, most = 64) => {
    const found = [];
    for (let one = above(node); one && found.length < most; one = above(one)) found.push(one);
    return found;
  };
  const every = function* (root, selector) {
    for (const one of root.querySelectorAll('*')) {
      if (one.matches(selector)) yield one;
      if (one.shadowRoot) yield* every(one.shadowRoot, selector);
    }
  };
  const attribute = (one, name) => (one.getAttribute && one.getAttribute(name)) || '';
  const nameOf = (one) => (one.localName.includes('-') ? one.localName : '');
  const wordsIn = (text) => text.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase().split(/[^a-z0-9]+/).filter(Boolean);
  const namesOf = (one) => wordsIn(`${nameOf(one)} ${attribute(one, 'class')} ${attribute(one, 'id')} ${attribute(one, 'part')} ${attribute(one, 'data-testid')}`);
  const any = (words, set) => words.some((word) => set.has(word));
  const squeezed = (text) => text.replace(/\s+/g, ' ').trim();
  const textOf = (one) => squeezed(one.innerText || one.textContent || '').slice(0, 200);
  const shown = (one) => {
    const box = one.getBoundingClientRect();
    if (box.width < 4 || box.height < 4) return false;
    return !one.checkVisibility || one.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  };
  const labelOf = (one) => {
    const by = attribute(one, 'aria-labelledby').split(/\s+/).filter(Boolean).map((id) => one.getRootNode().getElementById?.(id)?.textContent || '');
    const labels = one.labels ? [...one.labels].map((label) => label.textContent) : [];
    const hints = ['placeholder', 'aria-label', 'title', 'data-placeholder', 'aria-placeholder', 'alt', 'value', 'data-tooltip'].map((name) => (name === 'value' && one.localName !== 'input' ? '' : attribute(one, name)));
    return squeezed([...hints, ...by, ...labels].filter(Boolean).join(' ')).slice(0, 300);
  };

  // ---- the message box -----------------------------------------------------------------------
  const BOXES = 'textarea, input:not([type]), input[type=text], input[type=search], input[type=""], [contenteditable]:not([contenteditable=false]), [role=textbox]';
  const written = (one) => ('value' in one && one.localName !== 'div' ? one.value : one.innerText) || '';
  const isBox = (one) => shown(one) && !one.readOnly && (one.isContentEditable || 'value' in one) && one.getBoundingClientRect().width >= 40;
  const scoreOfBox = (one) => {
    const label = `${labelOf(one)} ${attribute(one, 'name')}`;
    const names = namesOf(one).join(' ');
    const parents = lineage(one, 10);
    let score = one.localName === 'textarea' ? 4 : one.isContentEditable ? 3 : 2;
    if (TALK.test(label)) score += 5;
    if (TALK.test(names)) score += 2;
    if (parents.some((each) => any(namesOf(each), ROOM))) score += 3;
    if (attribute(one, 'type') === 'search' || attribute(one, 'role') === 'searchbox') score -= 6;
    if (SEARCH.test(`${label} ${names}`)) score -= TALK.test(label) ? 2 : 5;
    if (OTHER.test(label) || OTHER.test(names)) score -= 8;
    if (parents.some((each) => each.localName === 'nav' || each.localName === 'header')) score -= 3;
    const form = one.form || parents.find((each) => each.localName === 'form');
    if (form && form.querySelector('input[type=email], input[type=password], input[type=tel]')) score -= 8;
    const send = sendOf(one);
    if (send && send.score >= 5) score += 2;
    if (one.getBoundingClientRect().top > innerHeight / 2) score += 1;
    if (one === deepFocus()) score += 1;
    return score;
  };
  const deepFocus = () => {
    let one = document.activeElement;
    while (one && one.shadowRoot && one.shadowRoot.activeElement) one = one.shadowRoot.activeElement;
    return one;
  };
  const best = (found) => found.sort((one, other) => other.score - one.score)[0] || null;
  const box = () => {
    const outer = (one) => !(one.isContentEditable && one.parentElement && one.parentElement.isContentEditable);
    const found = [...every(document, BOXES)].filter((one) => isBox(one) && outer(one));
    return best(found.map((element) => ({ element, score: scoreOfBox(element), disabled: shut(element) })));
  };
  const off = (one) => Boolean(one.disabled || attribute(one, 'aria-disabled') === 'true' || one.closest('fieldset[disabled]'));
  const shut = (one) => off(one) || (!('value' in one) && !one.isContentEditable);
  const single = (one) => one.localName === 'input';
  const boxState = (one) => ({
    there: one.isConnected && shown(one),
    text: written(one).slice(0, 200000),
    off: shut(one),
    single: single(one),
    editable: one.isContentEditable && !('value' in one),
    most: one.maxLength > 0 ? one.maxLength : null,
  });

  // ---- buttons -------------------------------------------------------------------------------
  const signsOf = (one) => {
    const inner = [...every(one, 'img, svg, i, span, use, path')].slice(0, 12);
    const marks = inner.map((each) => `${attribute(each, 'alt')} ${attribute(each, 'aria-label')} ${attribute(each, 'data-icon')} ${attribute(each, 'class')} ${attribute(each, 'href')}`);
    return `${squeezed(textOf(one))} ${labelOf(one)} ${namesOf(one).join(' ')} ${marks.join(' ')}`.slice(0, 600);
  };
  const pressable = function* (root) {
    for (const one of every(root, '*')) {
      if (one.matches(CONTROLS) || (getComputedStyle(one).cursor === 'pointer' && getComputedStyle(above(one) || one).cursor !== 'pointer')) {
        if (shown(one)) yield one;
      }
    }
  };
  const sendOf = (one) => {
    const parents = [one, ...lineage(one, 9)];
    for (const near of parents.slice(1)) {
      const roots = near.shadowRoot ? [near, near.shadowRoot] : [near];
      const all = roots.flatMap((root) => [...pressable(root)]).filter((each) => each !== one && !parents.includes(each));
      const found = all.map((element) => ({ element, score: scoreOfSend(element, one), disabled: off(element) })).filter((each) => each.score > 0);
      if (found.length) return best(found);
      if (near.localName === 'body') break;
    }
    return null;
  };
  const scoreOfSend = (element, one) => {
    const signs = signsOf(element);
    if (NOT_SEND.test(signs) && !/^(send|submit|ask)\b/i.test(textOf(element) || labelOf(element))) return 0;
    if (element.localName === 'a' && /^https?:|^mailto:|^tel:/.test(attribute(element, 'href'))) return 0;
    let score = SEND.test(textOf(element)) || SEND.test(labelOf(element)) ? 6 : SEND.test(signs) ? 5 : 0;
    if (element.type === 'submit' && element.form && element.form === one.form) score += 3;
    if (!score && element.querySelector('svg, img, i') && beside(element, one)) score = 1;
    return score;
  };
  const beside = (element, one) => {
    const [a, b] = [element.getBoundingClientRect(), one.getBoundingClientRect()];
    return a.left >= b.left + b.width / 2 && a.left < b.right + 120 && a.top < b.bottom + 60 && a.bottom > b.top - 60;
  };
  const stopShown = (one) => {
    for (const near of lineage(one, 6)) {
      for (const each of pressable(near.shadowRoot || near)) {
        if (/\bstop|cancel (response|generat)|abort/i.test(`${textOf(each).slice(0, 40)} ${labelOf(each)} ${namesOf(each).join(' ')}`)) return true;
      }
      if (near.localName === 'form') break;
    }
    return false;
  };
  const corner = (one) => {
    const rect = one.getBoundingClientRect();
    const low = rect.bottom > innerHeight - 220 && rect.top < innerHeight;
    const side = rect.right > innerWidth - 300 || rect.left < 220;
    const fixed = [one, ...lineage(one, 12)].some((each) => ['fixed', 'sticky'].includes(getComputedStyle(each).position));
    return low && side && fixed && rect.width < 400 && rect.height < 160;
  };
  const tiny = () => window !== window.top && innerWidth <= 220 && innerHeight <= 220;
  const openers = () => {
    const found = [];
    for (const element of pressable(document)) {
      const said = `${textOf(element).slice(0, 60)} ${labelOf(element)}`;
      const names = namesOf(element).concat(lineage(element, 3).flatMap(namesOf));
      const bare = !squeezed(said);
      const link = element.localName === 'a' && /^(?!#|javascript:|$)/.test(attribute(element, 'href'));
      if (link || NOT_OPEN.test(said) || textOf(element).length > 80) continue;
      let score = OPEN.test(said) ? 4 : 0;
      if (any(names, OPENER_WORDS)) score += 3;
      if (corner(element)) score += bare ? 4 : 3;
      if (tiny()) score += 5;
      if (!PLAINLY.test(said) && lineage(element).some((each) => ['nav', 'header', 'footer'].includes(each.localName))) score -= 3;
      if (score >= 4) found.push({ element, score, label: squeezed(said) || namesOf(element).join(' ') });
    }
    return found.length ? found.sort((one, other) => other.score - one.score).slice(0, 5) : menus();
  };
  // A box to be ticked before a button can be pressed: consent, as a rule.
  const unticked = (button) => {
    const near = lineage(button, 4).find((each) => each.querySelector('input[type=checkbox]'));
    return near && off(button) ? [...every(near, 'input[type=checkbox]')].filter((each) => !each.checked).map((element) => ({ element, score: 1 })) : [];
  };
  const menus = () => [...pressable(document)]
    .filter((one) => /^(open |main |toggle )*(menu|navigation)$/i.test(labelOf(one) || textOf(one)) || /^[☰≡]$/.test(textOf(one)))
    .map((element) => ({ element, score: 1, label: 'menu' })).slice(0, 1);
  const dismissers = (covered) => {
    const found = [];
    for (const element of pressable(document)) {
      const said = textOf(element) || labelOf(element);
      const score = REFUSE.test(said) ? 3 : AGREE.test(said) ? 2 : LEAVE.test(said) ? 1 : 0;
      if (!score || said.length > 60) continue;
      const over = lineage(element, 10).find((each) => isOverlay(each));
      const asks = over && (CONSENT.test(over.innerText || '') || CONSENT.test(namesOf(over).join(' ')));
      if (over && (asks || covered)) found.push({ element, score: score + (asks ? 2 : 0) });
    }
    return found.sort((one, other) => other.score - one.score).slice(0, 3);
  };
  const isOverlay = (one) => {
    if (['html', 'body'].includes(one.localName)) return false;
    const named = any(namesOf(one), new Set(['cookie', 'cookies', 'consent', 'gdpr', 'cmp', 'onetrust', 'banner', 'modal', 'overlay', 'dialog', 'popup']));
    return named || ['dialog', 'alertdialog'].includes(attribute(one, 'role')) || one.localName === 'dialog' || ['fixed', 'sticky'].includes(getComputedStyle(one).position);
  };
  const covered = (one) => {
    const rect = one.getBoundingClientRect();
    let top = document.elementFromPoint(rect.left + rect.width / 2, rect.top + rect.height / 2);
    while (top && top.shadowRoot) {
      const inner = top.shadowRoot.elementFromPoint(rect.left + rect.width / 2, rect.top + rect.height / 2);
      if (!inner || inner === top) break;
      top = inner;
    }
    if (!top || top === one) return false;
    const family = lineage(top);
    return !(family.includes(one) || lineage(one, 3).includes(top) || top.localName === 'label');
  };

  // ---- what stands there ---------------------------------------------------------------------
  const authorOf = (one, names) => {
    const said = ['data-role', 'data-author', 'data-sender', 'data-from', 'data-message-author-role', 'data-message-role', 'data-type'].map((name) => attribute(one, name).toLowerCase()).filter(Boolean);
    if (said.some((each) => MINE.has(each) || each === 'me')) return 'mine';
    if (said.some((each) => THEIRS.has(each))) return 'theirs';
    const tokens = attribute(one, 'class').toLowerCase().split(/\s+/);
    if (names.includes('select') || names.includes('agent')) return '';
    if (any(names, MINE) || tokens.some((token) => /^(me|from-?me|is-?me|by-?me|sent|own|own-?message|message-?sent|msg-?me)$/.test(token))) return any(names, THEIRS) ? '' : 'mine';
    return any(names, THEIRS) ? 'theirs' : '';
  };
  const NOW = /^(just now|now|today|yesterday|gerade eben|\d+ ?(s|sec|m|min|h|hr|d|day)\w*\.?( ago)?|a (minute|moment|few seconds) ago)\b.{0,12}$/i;
  const TIMES = new Set(['time', 'timestamp', 'datetime']);
  const CLOCK = /\d{1,2}[:.]\d{2}/;
  const kindOf = (one, names, inherited, home) => {
    const role = attribute(one, 'role');
    if (['nav', 'aside', 'header', 'footer'].includes(one.localName) || ['navigation', 'complementary', 'banner', 'contentinfo'].includes(role)) {
      if (!home.has(one)) return 'aside';
    }
    const short = () => squeezed(one.textContent || '').length <= 40;
    if ((any(names, BUSY) || any(names, DOTS)) && !home.has(one) && short()) return 'busy';
    if ((one.localName === 'time' && short()) || (any(names, THOUGHT) && !home.has(one))) return 'label';
    if (any(names, LABEL) && one.children.length <= 3 && short()) {
      const text = squeezed(one.textContent || '');
      if (!any(names, TIMES) || CLOCK.test(text) || NOW.test(text)) return 'label';
    }
    const floats = ['status', 'alert'].includes(role) && ['fixed', 'absolute'].includes(getComputedStyle(one).position);
    if ((floats || ['tooltip', 'toolbar', 'menu', 'listbox'].includes(role)) && !home.has(one) && squeezed(one.textContent || '').length <= 80) return 'chip';
    if (any(names, CHIP) || (names.includes('quick') && (names.includes('reply') || names.includes('replies')))) return home.has(one) ? inherited : 'chip';
    return inherited;
  };
  const isBusy = (one, names, style, home) => {
    if (home.has(one) && attribute(one, 'aria-busy') !== 'true') return false;
    if (attribute(one, 'aria-busy') === 'true' || attribute(one, 'role') === 'progressbar' || one.localName === 'progress') return true;
    return any(names, BUSY) && style.visibility !== 'hidden' && !one.querySelector('[aria-expanded=false], details:not([open])'); // what is folded is over
  };

  const painted = (style) => parseFloat(style.borderRadius) > 0 && (!/^(transparent|rgba\(.*, 0\))$/.test(style.backgroundColor) || parseFloat(style.borderTopWidth) > 0);
  // Blocks of text in the order in which they stand. t: text; g: what separates it from the one
  // before; p: its place in the tree, by child numbers; k: its kind; a: whose it seems to be; b: the place
  // of the innermost bubble around it.
  const look = ({ box: held = null, inside = null } = {}) => {
    const blocks = [];
    const home = new Set(held ? [held, ...lineage(held)] : []);
    let busy = 0, nodes = 0, size = 0, line = null, gap = '\n', at = null;
    const flush = (next = '\n') => {
      if (line) {
        const text = line.pre ? line.t.replace(/\s+$/, '') : line.t.trim();
        if (text.trim()) { blocks.push({ t: text, g: line.g, p: line.p, k: line.k, a: line.a, b: line.b }); gap = next; }
        line = null;
      }
      if (next.length > gap.length) gap = next;
    };
    const add = (text, state, path) => {
      if (line && (line.k !== state.kind || line.pre !== state.pre)) flush('');
      const flat = state.pre ? text : text.replace(/\s+/g, ' ');
      if (!line) {
        if (!flat.trim() && !state.pre) return;
        line = { t: '', g: gap, p: path, k: state.kind, a: state.author, b: state.bubble, pre: state.pre };
        gap = '\n';
      }
      size += flat.length;
      line.t += !state.pre && line.t.endsWith(' ') ? flat.replace(/^ /, '') : flat;
    };
    const visit = (node, state, path) => {
      if (nodes > MOST_NODES || size > MOST_TEXT) return;
      nodes += 1;
      if (node.nodeType === Node.TEXT_NODE) {
        if (!state.hidden && node.data) add(node.data, state, path);
      } else if (node.nodeType === Node.ELEMENT_NODE) {
        enter(node, state, path);
      }
    };
    const blinks = (one) => one.getAnimations().some((each) => each.playState === 'running');
    const enter = (one, state, path) => {
      const tag = one.localName;
      if (one === held) at = path;
      if (tag === 'br') { if (line) line.t += '\n'; return; }
      if (SKIP.has(tag) || (one.isContentEditable && !inside)) return;
      const style = getComputedStyle(one);
      if (style.display === 'none' || (style.opacity === '0' && !blinks(one))) return;
      const names = namesOf(one);
      if (isBusy(one, names, style, home)) busy += 1;
      if (one.matches('button, [role=button], [role=menuitem], [role=tab], [role=option], [role=tooltip]') && !home.has(one)) return;
      if (unseen(one, style)) return;
      const kind = kindOf(one, names, state.kind, home);
      const author = home.has(one) ? '' : authorOf(one, names) || state.author;
      const inline = style.display.startsWith('inline') || style.display === 'contents';
      const press = style.cursor === 'pointer' && tag !== 'a' && !state.press && !one.closest('a');
      const inner = {
        kind: press && kind === 'text' && textOf(one).length <= 80 ? 'chip' : kind,
        bubble: PAINTED.has(tag) || inline || !painted(style) ? state.bubble : path,
        author, press: state.press || style.cursor === 'pointer',
        pre: /^(pre|break-spaces)/.test(style.whiteSpace), hidden: style.visibility === 'hidden',
      };
      const between = style.display === 'table-cell' && one.previousElementSibling ? '\t' : TALL.has(tag) ? '\n\n' : '\n';
      if (!inline) { flush(between === '\t' ? '\n' : between); if (between === '\t') gap = '\t'; }
      let place = 0;
      for (const child of below(one)) { visit(child, inner, inline ? path : `${path}.${place}`); place += 1; }
      if (!inline) flush(between === '\t' ? '\n' : between);
    };
    const unseen = (one, style) => {
      const rect = one.getBoundingClientRect();
      const clipped = style.overflow !== 'visible' || style.clip !== 'auto' || style.clipPath !== 'none';
      return style.position === 'absolute' && rect.width <= 1 && rect.height <= 1 && clipped;
    };
    if (!inside && (innerWidth <= 2 || innerHeight <= 2)) return { blocks, busy, at };
    const start = { kind: 'text', author: '', bubble: '', pre: false, hidden: false, press: false };
    (inside || [document.body]).filter(Boolean).forEach((root, place) => { visit(root, start, `${place}`); flush('\n\n'); });
    if (held && held.isConnected && stopShown(held)) busy += 1;
    return { blocks, busy, at };
  };

  const seen = () => {
    const fields = [...every(document, 'input, textarea, select, [contenteditable]')].filter(shown).slice(0, 12);
    const buttons = [...pressable(document)].slice(0, 12);
    const called = (one) => squeezed(`${one.localName}${attribute(one, 'type') ? `[${attribute(one, 'type')}]` : ''} ${(labelOf(one) || textOf(one) || attribute(one, 'name')).slice(0, 40)}`);
    return { title: document.title.slice(0, 80), fields: fields.map(called), buttons: buttons.map(called), text: squeezed(document.body ? document.body.innerText : '').slice(0, 160) };
  };

  return { look, box, boxState, send: (one) => sendOf(one), openers, unticked, dismissers, covered, seen, tiny };
})()
