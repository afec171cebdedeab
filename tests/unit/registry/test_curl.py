"""A pasted curl command as the request that it makes."""

import contextlib
import re
import shlex
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.served.curl_commands import POSIX, WINDOWS

from quintain.registry.curl import CurlRequest, FormPart, parse_curl
from quintain.registry.shellwords import MAX_LENGTH, shell_words

URL = "https://h.example/x"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/json")


def parsed(rest):
    return parse_curl(f"curl {URL} {rest}")


# --- options -------------------------------------------------------------------------------------


def test_a_url_alone_is_a_get():
    assert parse_curl(f"curl {URL}") == CurlRequest("GET", URL, ())


@pytest.mark.parametrize(
    "rest",
    ["-d a=b", "-da=b", "--data a=b", "--data=a=b", "--data-raw a=b", "--data-binary a=b",
     "--data-ascii a=b", "-sSLd a=b", "-X POST -d a=b", "-XPOST -d a=b", "--request=POST -d a=b",
     "-X=POST -d a=b", "--data-urlencode a=b"],
)  # fmt: skip
def test_the_ways_to_give_data(rest):
    assert parsed(rest) == CurlRequest("POST", URL, (FORM,), "a=b")


@pytest.mark.parametrize(
    ("rest", "body"),
    [
        ("-d a=1 -d b=2", "a=1&b=2"),
        ("-d '' -d b=2", "&b=2"),
        ("--data-raw @file", "@file"),
        ("--data-urlencode 'a=x y&ü'", "a=x+y%26%C3%BC"),
        ("--data-urlencode '=x y'", "x+y"),
        ("--data-urlencode 'x y'", "x+y"),
        ("--data-urlencode 'a={prompt} & {other}'", "a={prompt}+%26+%7Bother%7D"),
        ("--json '{\"a\":1' --json '}'", '{"a":1}'),
    ],
)
def test_what_the_body_becomes(rest, body):
    assert parsed(rest).body == body


@pytest.mark.parametrize(
    ("rest", "headers"),
    [
        ("-H 'A: b' -H'C:d' --header='E:  f '", [("A", "b"), ("C", "d"), ("E", "f")]),
        ("-H 'A;' -H 'B:'", [("A", "")]),
        ("-u me:pw", [("Authorization", "Basic bWU6cHc=")]),
        ("-u me:pw -H 'authorization: x'", [("authorization", "x")]),
        ("-u me:pw --oauth2-bearer t", [("Authorization", "Bearer t")]),
        ("--oauth2-bearer t -u me:pw", [("Authorization", "Bearer t")]),
        ("-b a=1 -b 'b=2; c=3'", [("Cookie", "a=1; b=2; c=3")]),
        ("-b a=1 -H 'Cookie: d=4'", [("Cookie", "d=4")]),
        ("-A me -e http://r", [("User-Agent", "me"), ("Referer", "http://r")]),
        ("-A '' -e ';auto'", []),
        ("--json {} -H 'Accept: x'", [("Accept", "x"), JSON]),
        ("-d a -H 'content-type: text/x'", [("content-type", "text/x")]),
        ("-d a -H 'content-type:'", []),
        ("-H 'Host: h.example' -H 'Connection: close' -H 'Content-Length: 3'", []),
        ("-F a=b -H 'Content-Type: multipart/form-data; boundary=x'",
         [("Content-Type", "multipart/form-data")]),
    ],
)  # fmt: skip
def test_what_the_headers_become(rest, headers):
    assert list(parsed(rest).headers) == headers


@pytest.mark.parametrize(
    ("rest", "part"),
    [
        ("-F a=b", FormPart("a", "b")),
        ("-F 'a= b;type=text/x'", FormPart("a", "b", None, "text/x")),
        ('-F \'a="b;c\\"d";filename=f.txt\'', FormPart("a", 'b;c"d', "f.txt")),
        ("-F 'a={\"x\": 1}'", FormPart("a", '{"x": 1}')),
        ("--form-string 'a=@b;type=c'", FormPart("a", "@b;type=c")),
    ],
)
def test_the_parts_of_a_form(rest, part):
    assert parsed(rest).form == (part,)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("curl h.example", "http://h.example"),
        ("curl --url HTTPS://H.example:8443/a?b#c", "https://H.example:8443/a?b"),
        (
            "curl -G h.example/x?a=1 -d b=2 --data-urlencode 'c=d e'",
            "http://h.example/x?a=1&b=2&c=d+e",
        ),
        ("curl --url-query 'a=b c' --url-query +d=e http://h", "http://h?a=b+c&d=e"),
        ("curl 'http://[::1]:80/{prompt}?q={messages}'", "http://[::1]:80/{prompt}?q={messages}"),
        ("curl http://user:p%40w@h/x", "http://h/x"),
        ("/usr/bin/curl -- h", "http://h"),
    ],
)
def test_the_url(text, url):
    assert parse_curl(text).url == url


def test_a_user_in_the_url_is_sent_as_curl_sends_it():
    assert parse_curl("curl http://me:p%40w@h").headers == (("Authorization", "Basic bWU6cEB3"),)


@pytest.mark.parametrize(
    "rest",
    ["-s -S -L -i -v -N -k -f -g -4 -# --compressed --http2 --tlsv1.2 --no-keepalive --no-compressed",
     "-o out --max-time 3 -m3 --retry 2 -w '%{http_code}' -D - -c jar --connect-timeout 5",
     "| jq .x", "> out.json", "2>/dev/null", "-sS 2>&1 | tee x", "# a comment"],
)  # fmt: skip
def test_what_does_not_change_the_request_is_left_out(rest):
    assert parsed(rest) == CurlRequest("GET", URL, ())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "first word is not curl"),
        ("wget https://x", "first word is not curl"),
        ("curl", "no URL"),
        (f"curl {URL} {URL}", "more than one URL"),
        (f"curl {URL}\ncurl {URL}", "more than one URL"),
        (f"curl {URL} -d @body.json", "-d @body.json"),
        (f"curl {URL} --data-urlencode a@b", "a@b"),
        (f"curl {URL} --json @-", "--json @-"),
        (f"curl {URL} -F a=@pic.png", "-F a=@pic.png"),
        (f"curl {URL} -F 'a=<f'", "-F a=<f"),
        (f"curl {URL} -F 'a=b;c=d'", ";c"),
        (f"curl {URL} -F a", "-F without a value"),
        (f"curl {URL} -b cookies.txt", "-b cookies.txt"),
        (f"curl {URL} -H @headers", "-H @headers"),
        (f"curl {URL} -H nothing", "'Name: value'"),
        (f"curl {URL} -H 'Host: other.example'", "Host header"),
        (f"curl {URL} -u me", "without a password"),
        (f"curl {URL} -u 'me:{{auth.pw}}'", "placeholder in -u"),
        (f"curl {URL} --cert c.pem", "--cert"),
        (f"curl {URL} -x proxy:1", "-x"),
        (f"curl {URL} -T file", "-T"),
        (f"curl {URL} -K config", "-K"),
        (f"curl {URL} --digest -u a:b", "--digest"),
        (f"curl {URL} --next {URL}", "--next"),
        (f"curl {URL} --resolve h:1:2", "--resolve"),
        (f"curl {URL} --expand-data x", "--expand-data"),
        (f"curl {URL} --frobnicate", "--frobnicate"),
        (f"curl {URL} --heder x", "did you mean --header?"),
        (f"curl {URL} -H", "ends after -H"),
        (f"curl {URL} -X 'A B'", "no method"),
        (f"curl {URL} -X TRACE", "TRACE"),
        (f"curl {URL} -d a -F b=c", "both -d and -F"),
        ("curl https://{prompt}.example/x", "placeholder in the host"),
        ("curl https://h.example:{prompt}/x", "placeholder in the host"),
        ("curl {prompt}", "placeholder in the host"),
        ("curl ftp://h/x", "scheme ftp"),
        ("curl 'http://h/a b'", "spaces"),
        ("curl http://:80/x", "usable host"),
        ("curl http://h:99999/x", "usable host"),
        (f'curl {URL} -H "A: $API_KEY"', "shell variable API_KEY"),
        (f"curl {URL} -H A:${{KEY}}", "shell variable KEY"),
        (f'curl {URL} -d "$(cat x)"', "a shell would run"),
        (f'curl {URL} -d "`cat x`"', "a shell would run"),
        ("curl http://h?a=1&b=2", "put the URL into quotes"),
        (f"curl {URL} ; rm x", "has a ;"),
        (f"curl {URL} < in", "has a <"),
        (f"curl {URL} -d 'open", "never closed"),
        (f'curl {URL} -d "open', "never closed"),
        (f"curl {URL} -d $'open", "never closed"),
        (f"curl {URL} -H \u201cA: b\u201d", "quote \u201c of a web page"),
        (f"curl {URL} \u2014header x", "dash \u2014 of a web page"),
        (f"curl {URL} ``--header x", "a shell would run"),
        ('curl ^"https://h/%API_KEY%^" ^\n -d x', "shell variable %API_KEY%"),
        ("curl `\n $env:KEY", "shell variable env:KEY"),
        (f"curl {URL} -H $'A: b\\nC: d'", "line breaks"),
        (f"curl {URL} -A $'a\\nb'", "line breaks"),
        (f"curl {URL} \0", "NUL"),
        (f"curl {URL} -d {'a' * MAX_LENGTH}", "longer than"),
        (f"curl {URL} {'-s ' * 3000}", "more than 2000 words"),
        (f"curl {URL}/{'a' * 9000}", "URL of more than"),
    ],
)
def test_what_cannot_be_read_or_honoured_is_named(text, named):
    with pytest.raises(ValueError) as refused:
        parse_curl(text)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    "rest", ["--foo=sk-secret", "-Qsk-secret", "-ysk-secret -?sk-secret", "https://me:sk-secret@h/"]
)
def test_a_refusal_does_not_tell_the_secrets_of_a_command(rest):
    with pytest.raises(ValueError) as refused:
        parsed(rest)
    assert "sk-secret" not in str(refused.value)


# --- quoting -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a 'b c' \"d e\"f g\\ h ''", ["a", "b c", "d ef", "g h", ""]),
        ("a 'it'\\''s' \"\\$ \\\" \\\\ \\n !\"", ["a", "it's", '$ " \\ \\n !']),
        ("a \\\n  b \\\r\n c\\\nd", ["a", "b", "cd"]),
        ("a \\  \n b", ["a", "b"]),
        ("a \\ --b \\ --c", ["a", "--b", "--c"]),
        ('a "x\\\ny"', ["a", "xy"]),
        ("a $'\\n\\t\\x41\\u00fc\\'\\\\\\101\\xc3\\xbc\\z' $\"b\"", ["a", "\n\tAü'\\Aü\\z", "b"]),
        ("a $ b$ \"$\" '$HOME'", ["a", "$", "b$", "$", "$HOME"]),
        ("a #b\nc d#e", ["a", "c", "d#e"]),
        ("$ a b", ["a", "b"]),
        ("# say\n# more\n$ a", ["a"]),
        ("C:\\Users\\me>a b", ["a", "b"]),
        ("PS C:\\> a b", ["a", "b"]),
        ("a\u00a0b", ["a", "b"]),
        ('a ^\n "b\\\\" "c\\"d\\"" "e""f" g^&h "i^j"', ["a", "b\\", 'c"d"', 'e"f', "g&h", "i^j"]),
        ('a ^"x^\n\ny^"', ["a", "x\ny"]),
        ('a `\n \'b\'\'c\' "d`"e""f`n" g`nh', ["a", "b'c", 'd"e"f\n', "g\nh"]),
        ("a `\n '{\\\"b\\\":1}'", ["a", '{"b":1}']),
    ],
)
def test_the_words_of_each_shell(text, words):
    assert shell_words(text) == words


@given(
    st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1)
)
def test_whatever_a_posix_shell_quotes_is_read_back(words):
    read = shell_words("curl " + shlex.join(words))
    # Line ends of Windows are those of the page that it was pasted from.
    assert read[1:] == [word.replace("\r\n", "\n") for word in words]


@given(st.text(alphabet="curl -dHX'\"\\$^`%&|<>#{}@=;: \n\r\tA1(\u201c"))
def test_no_text_does_more_than_raise_its_sentence(text):
    try:
        parse_curl(f"curl {text}")
    except ValueError as error:
        assert str(error)  # noqa: PT017 - most texts raise none


@pytest.mark.parametrize(
    "unit",
    ["\\", "'a'", '"a"', "`", "^", "$'a'", "-d a ", "a ", "^ ", "\\ ", '""', "`\n", "^\n", "$'\\",
     "'a'\"b\"", "-", "{prompt}", "\\\n", "#\n", "%A", "|", "é", ";a", '"a" ^\n', "'a'`\n"],
)  # fmt: skip
@pytest.mark.parametrize(
    "start", ["curl h ", "curl h -F a=", "curl http://h/", 'curl ^"h^" ', "curl `\nh "]
)
def test_a_hostile_command_takes_no_time(start, unit):
    began = time.process_time()
    with contextlib.suppress(ValueError):
        parse_curl((start + unit * (MAX_LENGTH // len(unit)))[:MAX_LENGTH])
    assert time.process_time() - began < 2


# --- real ones -----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", POSIX + WINDOWS, ids=lambda command: command.name)
def test_real_commands_are_read(command):
    request = parse_curl(command.text)
    assert request.url.startswith(command.origin)
    assert request.body is not None or request.form or request.method == "GET"


@pytest.mark.parametrize("command", WINDOWS, ids=lambda command: command.name)
def test_windows_commands_are_read_as_windows_reads_them(command):
    request = parse_curl(command.text)
    headers = {name.lower(): value for name, value in request.headers}
    assert request.body == '{"text":"{prompt}","n":1}'
    assert request.url == "https://chat.example/api/ask?a=1&b=%20c"
    assert headers["sec-ch-ua"] == '"Chromium";v="140"'
    assert headers["cookie"] == "session=abc; t=1"


# --- standard input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "body"),
    [
        ('--json @- <<EOF\n{"a": "it\'s {prompt}"}\nEOF\n', '{"a": "it\'s {prompt}"}\n'),
        ('-d @- <<\'EOF\' | jq .\n{\n  "a": "$5 `x`"\n}\nEOF', '{  "a": "$5 `x`"}'),
        ("-d@- <<-EOM\n\t{}\n\tEOM", "{}"),
        ("--data-binary=@- <<EOF -s\na \\$b \\\\\nEOF", "a $b \\\n"),
        ('<<EOF --data @-\n{"b": "<<EOF"}\nEOF', '{"b": "<<EOF"}'),
        ("-d @- <<< '{\"a\": 1}'", '{"a": 1}'),
        ('-d "$(cat <<\'EOF\'\n{"a": "b"}\nEOF\n)"', '{"a": "b"}'),
        ("--data-raw @- <<EOF\nx\nEOF", "@-"),
        ("-d 'a << b'", "a << b"),
    ],
)
def test_a_heredoc_and_a_here_string_are_what_curl_reads(rest, body):
    assert parsed(rest).body == body


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        ("-d @- <<EOF\n{}\n", "no line with EOF alone ends"),
        ("-d @- <<EOF\n$KEY\nEOF", "the shell variable KEY"),
        ("-d @- <<EOF\n$(date)\nEOF", "would run"),
        ("-d @- < file", "a < outside of quotes"),
        ("-d @-", "files are not read"),
        ('-d "$(cat <<EOF\n{}\nEOF\n date)"', "would run"),
    ],
)
def test_what_no_heredoc_gives_is_refused(rest, why):
    with pytest.raises(ValueError, match=re.escape(why)):
        parsed(rest)
