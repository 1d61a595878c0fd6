"""SIE files in the likeness of what many programs write, with counts worked out by hand, and the arithmetic.

Nothing here was made with the reader: the counts were written down from the text, before there was one. Each file is
invented. `months` says for each series and month how many vouchers there are, how many `#TRANS` rows they have,
and the sum of what stands on the debit side; the month is "" where a voucher has no date.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Vector:
    name: str
    content: bytes
    encoding: str
    months: dict[tuple[str, str], tuple[int, int, str]]
    flags: dict[str, int] = field(default_factory=dict)
    stray_rows: int = 0
    texts: tuple[str, ...] = ()
    """The texts of the vouchers in order, where reading them is the point."""


@dataclass(frozen=True)
class Refused:
    name: str
    content: bytes
    line: int
    reason: str


HEAD = '#FLAGGA 0\n#FORMAT PC8\n#SIETYP 4\n#PROGRAM "Påhittat" 1.0\n#FNAMN "Åkerö Bygg AB"\n#RAR 0 20260101 20261231\n'


def lines(*rows: str) -> str:
    return "".join(f"{row}\n" for row in rows)


VECTORS = []

# January A: voucher 1 has rows of 137.00 | 129.25 + 7.75: 3 rows, debit 137.00.
#            voucher 2 has 530.00 | 106.00 + 424.00: 3 rows, debit 530.00. Together 2 vouchers, 6 rows, 667.00.
# February A: voucher 3 moves 5000.00: 2 rows, debit 5000.00.
# February B: voucher 1: 1250 against 1000 + 250: 3 rows, debit 1250.00.
# #IB, #UB, #OBJEKT and the blank lines count nothing.
VECTORS.append(
    Vector(
        "everything in quotes, blank lines between, code page 437",
        lines(
            "#FLAGGA 0", "#FORMAT PC8", "#SIETYP 4", '#PROGRAM "Bokföring" 2.0.0', "#GEN 20260323 1", "",
            "#FNR 54256", '#FNAMN "Åkerö Bygg AB"', "#ORGNR ", '#ADRESS "" "" " " ""',
            "#RAR 0 20260101 20261231", "#RAR -1 20250101 20251231", "#OMFATTN 20261231", "#KPTYP EUBAS97", "",
            '#KONTO 1910 "Kassa"', "#SRU 1910 7281", '#DIM 1 "Kostnadsställe"', '#OBJEKT 1 "1" "Kontor 1"', "",
            "#IB 0 1910 9115.00", "#UB 0 1910 3448", "",
            '#VER "A" "1" 20260105 "Reseutlägg"', "{", "#TRANS 1910 {} -137.00 ", "#TRANS 5800 {} 129.25 ",
            "#TRANS 2641 {} 7.75 ", "}", "",
            '#VER "A" "2" 20260131 "Inköp av kontorsmaterial"', "{", "#TRANS 1910 {} -530.00 ",
            "#TRANS 2641 {} 106.00 ", "#TRANS 6110 {} 424.00 ", "}", "",
            '#VER "A" "3" 20260201 "Överföring från plusgiro till bank"', "{", "#TRANS 1920 {} -5000.00 ",
            "#TRANS 1930 {} 5000.00 ", "}", "",
            '#VER "B" "1" 20260228 "Kundfaktura Åsa Öst (36)"', "{", "#TRANS 1510 {} 1250 ",
            "#TRANS 3041 {} -1000 ", "#TRANS 2611 {} -250 ", "}", "",
        ).replace("\n", "\r\n").encode("cp437"),
        "cp437",
        {("A", "2026-01"): (2, 6, "667.00"), ("A", "2026-02"): (1, 2, "5000.00"), ("B", "2026-02"): (1, 3, "1250")},
        texts=(
            "Reseutlägg", "Inköp av kontorsmaterial", "Överföring från plusgiro till bank", "Kundfaktura Åsa Öst (36)",
        ),
    )
)  # fmt: skip

# June A: voucher 52: 10000 | 10000: 2 rows; voucher 53: 1104488.11 | 1104488.11: 2 rows.
#         2 vouchers, 4 rows, debit 10000 + 1104488.11 = 1114488.11. The year ends on 30 June.
VECTORS.append(
    Vector(
        "tabs between fields, indented rows, checksum around everything",
        lines(
            "#FLAGGA\t0", "#KSUMMA", '#PROGRAM\t"Bokslut" 2026.2.1', "#FORMAT\t\tPC8", "#GEN\t\t20260317 QQ",
            "#SIETYP\t\t4", '#PROSA\t\t"Exporterat av Bokslut"', "#RAR\t0\t20250701\t20260630",
            "#RAR\t-1\t20240701\t20250630", "#KONTO\t1060\tHyresrätter", "#DIM\t\t1\tKostnadsställe",
            '#VER\tA 52 20260630 "Exempel på transaktion"', "{",
            '\t#TRANS\t1518 {}      10000    20260630 "Exempel på transaktion"',
            '\t#TRANS\t3304 {}     -10000    20260630 "Exempel på transaktion"', "}",
            '#VER\tA 53 20260630 "Årets resultat"', "{",
            '\t#TRANS\t8999 {}    1104488.11 20260630 "Årets resultat"',
            '\t#TRANS\t2099 {}   -1104488.11 20260630 "Årets resultat"', "}", "#KSUMMA\t\t1573150874",
        ).encode("cp437"),
        "cp437",
        {("A", "2026-06"): (2, 4, "1114488.11")},
        texts=("Exempel på transaktion", "Årets resultat"),
    )
)  # fmt: skip

# April, no series: debit 12750 + 31900 + 3408 + 15099.82 = 63157.82; credit 32934 + 11716 + 15099.82 + 3408 = 63157.82.
# 8 rows. May, no series: 100.50 on objects | 100.50: 2 rows.
VECTORS.append(
    Vector(
        "wages: no series, no number, lists of objects, quantities, no financial year",
        lines(
            "#FLAGGA 0", '#PROGRAM "Lön 100" "2026.1 "', "#FORMAT PC8", "#SIETYP 4", '#FNAMN "Övningsbolaget"',
            '#VER "" "" 20260425 "Lönekörning: 2026-04-25 - Ordinarie lön" 20260926', "{",
            "    #TRANS 1930 {} -32934", "    #TRANS 2710 {} -11716", "    #TRANS 2940 {} -15099.82",
            '    #TRANS 7010 {1 "200" 6 "Obj300" 20 "1234567890"} 12750 "" "" 1.00', "    #TRANS 7210 {} 31900",
            "    #TRANS 7385 {} 3408", "    #TRANS 7399 {} -3408", "    #TRANS 7510 {} 15099.82", "}",
            '#VER "" "" 20260525 "Rättelse"', "{", '#TRANS 7010 {1 "a } b" "6" P1} 100.50 20260525 "text" -1.5 sign',
            "#TRANS 1930 {1 1} -100.50", "}",
        ).encode("cp437"),
        "cp437",
        {("", "2026-04"): (1, 8, "63157.82"), ("", "2026-05"): (1, 2, "100.50")},
        texts=("Lönekörning: 2026-04-25 - Ordinarie lön", "Rättelse"),
    )
)  # fmt: skip

# One voucher of two rows, 80 | 80, in each of the four encodings; only the bytes of å, ä and ö differ.
_PLAIN = HEAD + lines('#VER A 1 20260131 "Räksmörgås på ön"', "{", "#TRANS 5800 {} 80", "#TRANS 1910 {} -80", "}")
_ONE = {("A", "2026-01"): (1, 2, "80")}
VECTORS += [
    Vector(f"{name}, whatever the tag says", mark + _PLAIN.encode(codec), encoding, _ONE, texts=("Räksmörgås på ön",))
    for name, mark, codec, encoding in (
        ("code page 437", b"", "cp437", "cp437"),
        ("UTF-8 without a mark", b"", "utf-8", "utf-8"),
        ("UTF-8 with a mark", b"\xef\xbb\xbf", "utf-8", "utf-8"),
        ("Windows-1252", b"", "cp1252", "cp1252"),
    )
]
VECTORS.append(
    Vector(
        "ASCII",
        lines("#FLAGGA 0", "#SIETYP 4", "#RAR 0 20260101 20261231", "#VER A 1 20260131 Taxi", "{",
              "#TRANS 5800 {} 80", "#TRANS 1910 {} -80", "}").encode("ascii"),
        "ascii",
        _ONE,
        texts=("Taxi",),
    )
)  # fmt: skip
# UTF-8 whose last text was cut at so many bytes, in the middle of an ö: still UTF-8, the half letter is lost.
VECTORS.append(
    Vector(
        "UTF-8 with half a letter",
        HEAD.encode() + b'#VER A 1 20260131 "R\xc3\xa4ksm\xc3"\n{\n#TRANS 5800 {} 80\n#TRANS 1910 {} -80\n}\n',
        "utf-8",
        _ONE,
        texts=("Räksm\ufffd",),
    )
)

# A voucher was corrected: 500 on 6110 was removed and stands on 5410. Of its four records the #BTRANS and the #RTRANS
# do not count; the #TRANS behind the #RTRANS repeats it, as the format asks. 2 rows, debit 500.
# March: a voucher with four #TRANS (2 × 100 | 2 × 100) and one #RTRANS, one #BTRANS beside them: 4 rows, debit 200.
VECTORS.append(
    Vector(
        "added and removed rows are not counted",
        (
            HEAD
            + lines(
                '#VER A 1 20260115 "Rättad"', "{", "#TRANS 1930 {} -500", "#BTRANS 6110 {} 500 20260115",
                "#RTRANS 5410 {} 500", "#TRANS 5410 {} 500", "}",
                '#VER A 2 20260310 "Rättad igen"', "{", "#TRANS 1930 {} -100", "#TRANS 1930 {} -100",
                "#RTRANS 6110 {} 100", "#TRANS 6110 {} 100", "#TRANS 6110 {} 100", "#BTRANS 4010 {} 100", "}",
            )
        ).encode("cp437"),
        "cp437",
        {("A", "2026-01"): (1, 2, "500"), ("A", "2026-03"): (1, 4, "200")},
    )
)  # fmt: skip

# January A: 4 vouchers: no rows in braces (0), an empty pair of braces on its line (0), #BTRANS alone (0), and a whole
# one (2 rows, 10). Together 4 vouchers, 2 rows, debit 10. December 2025 A: one dated before the year: 2 rows, debit 20.
# January 2027 A: one dated after it: 2 rows, debit 30. Flags: 2 without rows, 1 with removed rows only, 2 outside.
VECTORS.append(
    Vector(
        "vouchers without rows, with removed rows alone, and outside the year are kept",
        (
            HEAD
            + lines(
                '#VER A 1 20260102 "Makulerad"', "{", "}",
                '#VER A 2 20260103 "Tom" {}',
                '#VER A 3 20260104 "Struken"', "{", "#BTRANS 1930 {} -5", "#BTRANS 6110 {} 5", "}",
                '#VER A 4 20260105 "Hel"', "{", "#TRANS 1930 {} -10", "#TRANS 6110 {} 10", "}",
                '#VER A 5 20251231 "Före året"', "{", "#TRANS 1930 {} -20", "#TRANS 6110 {} 20", "}",
                '#VER A 6 20270101 "Efter året"', "{", "#TRANS 1930 {} -30", "#TRANS 6110 {} 30", "}",
            )
        ).encode("cp437"),
        "cp437",
        {("A", "2026-01"): (4, 2, "10"), ("A", "2025-12"): (1, 2, "20"), ("A", "2027-01"): (1, 2, "30")},
        flags={"no_rows": 2, "removed_rows_only": 1, "outside_year": 2},
    )
)  # fmt: skip

# January A: the brace on the line of #VER (2 rows, 1); no braces at all, ended by the next #VER (2 rows, 2); a row on
# the line of the brace and the closing brace behind the last row (2 rows, 3); a blank line, a comment and an unknown
# label before the brace (2 rows, 4). 4 vouchers, 8 rows, debit 1 + 2 + 3 + 4 = 10. Only the second has no brace.
VECTORS.append(
    Vector(
        "braces where they should not be",
        (
            HEAD
            + lines(
                '#VER A 1 20260101 "på raden" {', "#TRANS 1930 {} -1", "#TRANS 6110 {} 1", "}",
                '#VER A 2 20260102 "utan"', "#TRANS 1930 {} -2", "#TRANS 6110 {} 2",
                '#VER A 3 20260103 "bredvid"', "{ #TRANS 1930 {} -3", '#TRANS 6110 {} 3 "" "text" }',
                '#VER A 4 20260104 "senare"', "", "# en kommentar", '#XYZ "okänd" {1 2}', "{", "#TRANS 1930 {} -4",
                "#UNKNOWN", "#TRANS 6110 {} 4", " } ",
            )
        ).encode("cp437"),
        "cp437",
        {("A", "2026-01"): (4, 8, "10")},
        flags={"not_closed": 1},
    )
)  # fmt: skip

# Eight vouchers, each 2 rows and debit 1: 8, 16, 8. Text: \" is a quote, \D stays, "" inside a text is a quote,
# a quote that no space follows is a part of the text, a text that goes over the line ends with it.
VECTORS.append(
    Vector(
        "quotes in texts",
        (
            HEAD
            + "".join(
                f'#VER "A" "{number}" 20260101 {text}\n{{\n#TRANS 1930 {{}} -1 "" {text}\n#TRANS 6110 {{}} 1\n}}\n'
                for number, text in enumerate(
                    (
                        r'"Skärm 19\" till Bo"', '"C:\\Documents\\Företag"', '"sa ""hej"" då"', '"Tum 5"x7 ram"',
                        '"och\n utan slut"', '"C:\\"', '"#TRANS 1930 {} 5 }"', "enkel",
                    ),
                    start=1,
                )
            )
        ).encode("cp437"),
        "cp437",
        {("A", "2026-01"): (8, 16, "8")},
        texts=(
            'Skärm 19" till Bo', "C:\\Documents\\Företag", 'sa "hej" då', 'Tum 5"x7 ram', "och", 'C:"',
            "#TRANS 1930 {} 5 }", "enkel",
        ),
    )
)  # fmt: skip

# The same two rows of 80 in other line endings: CR alone, no newline at the end, DOS end of file, NULs behind the end.
VECTORS += [
    Vector(name, content, "cp437", _ONE)
    for name, content in (
        ("CR alone", _PLAIN.replace("\n", "\r").encode("cp437")),
        ("no newline at the end", _PLAIN.rstrip().encode("cp437")),
        ("CRLF and a DOS end of file", _PLAIN.replace("\n", "\r\n").encode("cp437") + b"\x1a"),
        ("NULs behind the end", _PLAIN.encode("cp437") + b"\x00" * 100),
        ("form feeds and blanks", _PLAIN.replace("{\n", "\n \t{ \n\x0c\n").encode("cp437")),
        ("labels in small letters", _PLAIN.replace("#VER", "#ver").replace("#TRANS", "#Trans").encode("cp437")),
    )
]
# NUL and other control characters in a text: not characters, whatever the encoding.
VECTORS.append(
    Vector(
        "control characters in a text",
        (HEAD + '#VER A 1 20260131 "a\x00b\x07c\x7f"\n{\n#TRANS 5800 {} 80\n#TRANS 1910 {} -80\n}\n').encode("cp437"),
        "cp437",
        _ONE,
        texts=("a\ufffdb\ufffdc\ufffd",),
    )
)

# Amounts: 1234,50 | "1 234,50" (1234.50); 1 234 567,25 in loose thousands | -1.234.567,25; +5 | 5-; .50 | -0,5;
# no list of objects: 7 | -7. January A: 5 vouchers, 10 rows, debit 1234.50 + 1234567.25 + 5 + 0.50 + 7 = 1235814.25.
# February A: an amount that is none and one that is missing: 2 rows, nothing on the debit side.
VECTORS.append(
    Vector(
        "amounts as people write them",
        (
            HEAD
            + lines(
                "#VER A 1 20260101 a", "{", "#TRANS 1930 {} 1234,50", '#TRANS 6110 {} "-1 234,50"', "}",
                "#VER A 2 20260102 b", "{", "#TRANS 1930 {} 1 234 567,25 20260102", "#TRANS 6110 {} -1.234.567,25", "}",
                "#VER A 3 20260103 c", "{", "#TRANS 1930 {} +5", "#TRANS 6110 {} 5-", "}",
                "#VER A 4 20260104 d", "{", "#TRANS 1930 {} .50", "#TRANS 6110 {} -0,5", "}",
                "#VER A 5 20260105 e", "{", '#TRANS 1930 7 20260105 "utan objekt"', "#TRANS 6110 -7", "}",
                "#VER A 6 20260206 f", "{", "#TRANS 1930 {} fem", "#TRANS 6110 {}", "}",
            )
        ).encode("cp437"),
        "cp437",
        {("A", "2026-01"): (5, 10, "1235814.25"), ("A", "2026-02"): (1, 2, "0")},
        flags={"unreadable_amount": 1},
    )
)  # fmt: skip

# January A: 2026-01-31, "20260131" and 2026.01.31: 3 vouchers of 2 rows and debit 1: 3, 6, 3.
# Without a date A: "" and 20260231 and nothing behind the number: 3, 6, 3.
VECTORS.append(
    Vector(
        "dates with dashes, empty, impossible and missing",
        (
            HEAD
            + "".join(
                f"#VER A {number} {day}\n{{\n#TRANS 1930 {{}} -1\n#TRANS 6110 {{}} 1\n}}\n"
                for number, day in enumerate(
                    ("2026-01-31 x", '"20260131" x', "2026.01.31", '"" "x"', "20260231 x", ""), start=1
                )
            )
        ).encode("cp437"),
        "cp437",
        {("A", "2026-01"): (3, 6, "3"), ("A", ""): (3, 6, "3")},
        flags={"no_date": 3},
    )
)

# Rows before any voucher and behind a closing brace belong to none: 3 stray rows. Voucher 1 is not closed before
# voucher 2 begins: 2 rows, debit 4. Voucher 2 does not balance: 9 against 8. January A: 2 vouchers, 4 rows, 4 + 9 = 13.
VECTORS.append(
    Vector(
        "rows outside vouchers, a brace that is missing, and one that does not balance",
        (
            HEAD
            + lines(
                "#TRANS 1930 {} 1", "{", "#TRANS 1930 {} 1", "}",
                "#VER A 1 20260101 a", "{", "#TRANS 1930 {} -4", "#TRANS 6110 {} 4",
                "#VER A 2 20260102 b", "{", "#TRANS 1930 {} -8", "#TRANS 6110 {} 9", "}", "}", "#TRANS 1930 {} 7",
            )
        ).encode("cp437"),
        "cp437",
        {("A", "2026-01"): (2, 4, "13")},
        flags={"not_closed": 1, "unbalanced": 1},
        stray_rows=3,
    )
)  # fmt: skip

# A first year of 18 months from the day of registration: 28 July 2017 and 31 December 2018 lie in it, 27 July and
# 1 January 2019 do not. July: 2 vouchers, 4 rows, 1 + 2 = 3; December 2018: 1, 2, 3; January 2019: 1, 2, 4.
VECTORS.append(
    Vector(
        "a year of 18 months that begins on the 28th",
        (
            lines("#FLAGGA 0", "#FORMAT PC8", "#SIETYP 4", "#FNAMN Nystartat", '#RAR "0" 2017-07-28 2018-12-31')
            + "".join(
                f"#VER A {number} {day} x\n{{\n#TRANS 1930 {{}} -{number}\n#TRANS 6110 {{}} {number}\n}}\n"
                for number, day in enumerate(("20170727", "20170728", "20181231", "20190101"), start=1)
            )
        ).encode("cp437"),
        "ascii",
        {("A", "2017-07"): (2, 4, "3"), ("A", "2018-12"): (1, 2, "3"), ("A", "2019-01"): (1, 2, "4")},
        flags={"outside_year": 2},
    )
)

# Blanks and tabs inside the list of objects, several blanks round it, a sign with a blank in it. October, series 3:
# 2 rows, 5000 | 5000; L: 3 rows, 1600 + 400 | 2000; series 2, tabs everywhere: 3 rows, 837.27 + 3349.10 | 4186.37.
VECTORS.append(
    Vector(
        "lists of objects with blanks and tabs",
        (
            HEAD
            + lines(
                '#VER\t3 10 20261001 "Lev.fakt. 1184, Sven Selga" 20261022', "{\t",
                '\t#TRANS\t2440 { } -5000.00 20261001 "Lev.fakt. 1184" ""',
                '\t#TRANS\t4010 { } 5000.00 20261001 "" 0.000000', "}\t", " ",
                '#VER L 19 20261010 "Lev.fakt - journalnr 158" 20261029 "2 Christer Bengtsson"', "{",
                '#TRANS 2440  {} -2000 20261010 "[934] Dell" ', "#TRANS 2640  {} 400 20261010",
                '#TRANS 4010  { "1" "1"} 1600 20261010 "[934] Dell" ', "}",
                '#VER\t"2"\t"4"\t20261018\t"Inköp varor"\t', "{",
                '#TRANS\t4011\t{6 "4"\t1 "2"\t10 "1235"}\t3349.10\t20261018\t"Inköp varor"\t""',
                '#TRANS\t2641\t{10 "1235"}\t837.27\t20261018\t"Moms"\t""',
                '#TRANS\t2440\t{9 "10004"\t10 "1235"}\t-4186.37\t20261018\t"Faktura"\t""', "}",
            )
        ).encode("cp437"),
        "cp437",
        {("3", "2026-10"): (1, 2, "5000"), ("L", "2026-10"): (1, 3, "2000"), ("2", "2026-10"): (1, 3, "4186.37")},
    )
)  # fmt: skip

# No voucher at all: type 1 has balances only. Nothing to count, and no reason to refuse.
VECTORS.append(Vector("balances only", lines("#FLAGGA 0", "#SIETYP 1", "#UB 0 1910 5").encode(), "ascii", {}))

_CUT = HEAD + lines("#VER A 1 20260101 a", "{", "#TRANS 1930 {} -4", "#TRANS 6110 {} 4", "}", "#VER A 2 20260102 b")
# HEAD has 6 lines, so voucher 1 is on line 7 and voucher 2 on line 12.
REFUSED = [
    Refused("cut before the first row", (_CUT + "{\n").encode("cp437"), 12, "the file ends inside a voucher"),
    Refused("cut in a row", (_CUT + "{\n#TRANS 19").encode("cp437"), 12, "the file ends inside a voucher"),
    Refused("cut before the brace", _CUT.encode("cp437"), 12, "the file ends inside a voucher"),
    Refused("cut in the line of the voucher", _CUT.rstrip()[:-8].encode("cp437"), 12, "the file ends inside a voucher"),
    Refused("cut in front of the checksum", (b"#FLAGGA 0\n#KSUMMA\n#SIETYP 4\n"), 2,
            "the checksum that is announced here is missing: the file is cut"),
    Refused("nothing", b"", 1, "no SIE file of type 1 to 4"),
    Refused("white space", b"\n\n \r\n", 1, "no SIE file of type 1 to 4"),
    Refused("a page that says the file is not found", b"<!DOCTYPE HTML>\n<html><h1>Not Found</h1></html>\n", 1,
            "no SIE file of type 1 to 4"),
    Refused("SIE 5", b'<?xml version="1.0"?>\n<Sie xmlns="http://www.sie.se/sie5"/>', 1, "no SIE file of type 1 to 4"),
    Refused("UTF-16", _PLAIN.encode("utf-16"), 1, "the file is UTF-16"),
    Refused("a line without end", b"#FLAGGA 0\n#PROSA " + b"x" * 2_000_000, 2, "the line is too long"),
    Refused("a whole voucher on one line", b"#FLAGGA 0\n#VER A 1 20260101 x {#TRANS 1930 {} 5 #TRANS 1910 {} -5}\n", 2,
            "more than one record on a line"),
]  # fmt: skip
