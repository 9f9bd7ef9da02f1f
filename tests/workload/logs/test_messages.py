"""What messages say, in the languages that PostgreSQL speaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbopt.workload.logs.messages import (
    Kind,
    is_cancelled,
    is_deadlock,
    is_end_of_worker,
    is_of_worker,
    meaning,
)
from tests.workload.logs.reads import read

SQL = b"SELECT 1 : x"


@pytest.mark.parametrize(
    "message",
    [
        "duration: 1.234 ms  statement: {}",
        "duration: 1.234 ms  execute S_1/C_2: {}",
        "Dauer: 1.234 ms  Anweisung: {}",
        "Dauer: 1.234 ms  Ausführen <unnamed>: {}",
        "durée : 1.234 ms, instruction : {}",
        "durée : 1.234 ms  exécute <unnamed>: {}",
        "duración: 1.234 ms  sentencia: {}",
        "duración: 1.234 ms  ejecutar <unnamed>: {}",
        "durata: 1.234 ms  istruzione: {}",
        "durata: 1.234 ms  esecuzione di <unnamed>: {}",
        "期間: 1.234 ミリ秒  文: {}",
        "期間: 1.234 ミリ秒  実行 <unnamed>: {}",
        "실행시간: 1.234 ms  명령 구문: {}",
        "수행시간: 1.234 ms  쿼리실행 <unnamed>: {}",
        "czas trwania: 1.234 ms  wyrażenie: {}",
        "czas trwania: 1.234 ms  wykonanie <unnamed>: {}",
        "duração: 1.234 ms  comando: {}",
        "duração: 1.234 ms  executar <unnamed>: {}",
        "продолжительность: 1.234 мс, оператор: {}",
        "продолжительность: 1.234 мс  выполнение <unnamed>: {}",
        "varaktighet: 1.234 ms  sats: {}",
        "varaktighet: 1.234 ms  kör <unnamed>: {}",
        "süre: 1.234 milisaniye  ifade: {}",
        "тривалість: 1.234 мс, оператор: {}",
        "тривалість: 1.234 мс виконувати <unnamed>: {}",
        "执行时间: 1.234 ms 语句: {}",
        "执行时间: 1.234 ms 执行<unnamed>: {}",
        "持續時間: 1.234 毫秒  陳述式: {}",
        "ხანგრძლივობა: 1.234 მწმ  გამოსახულება: {}",
        "süre: 1.234 milisaniye  bilinmeyen: {}",
    ],
)
def test_an_execution(message: str) -> None:
    assert meaning(message.format(SQL.decode()).encode()) == (Kind.CALL, 1234, SQL)


@pytest.mark.parametrize(
    ("message", "kind", "amount"),
    [
        ("duration: 0.001 ms", Kind.DURATION, 1),
        ("durée : 12345.678 ms", Kind.DURATION, 12_345_678),
        ("duration: 1.000 ms  parse <unnamed>: SELECT 1", Kind.PREPARATION, 1000),
        ("продолжительность: 1.000 мс, сообщение Bind S_1: SELECT 1", Kind.PREPARATION, 1000),
        ("duration: 1.000 ms  execute fetch from S_1/c: SELECT 1", Kind.FETCH, 1000),
        ("durata: 1.000 ms  esecuzione di fetch da c: SELECT 1", Kind.FETCH, 1000),
        ("duration: 1.000 ms  plan:\nQuery Text: SELECT 1", Kind.PLAN, 1000),
        ("statement: SELECT 1", Kind.STATEMENT, 0),
        ("Anweisung: SELECT 1", Kind.STATEMENT, 0),
        ("execute <unnamed>: SELECT 1", Kind.STATEMENT, 0),
        ('temporary file: path "base/pgsql_tmp/pgsql_tmp1.0", size 4096', Kind.TEMPORARY_FILE, 4096),
        ("temporäre Datei: Pfad »base/pgsql_tmp7«, Größe 4096", Kind.TEMPORARY_FILE, 4096),
        ("process 9 still waiting for ShareLock on transaction 7 after 1000.123 ms", Kind.WAITING, 1_000_123),
        ("process 9 acquired ShareLock on transaction 7 after 1000.123 ms", Kind.ACQUIRED, 1_000_123),
        ("Prozess 12 erlangte ShareLock-Sperre auf Transaktion 2 nach 12,345 ms", Kind.ACQUIRED, 12_345),
        ("プロセス7は12.345 ms後にtransaction 2上のShareLockを獲得しました", Kind.ACQUIRED, 12_345),
        ("checkpoint complete: wrote 3 buffers", Kind.CHECKPOINT, 0),
        ("connection received: host=[local]", Kind.CONNECTION, 0),
        ("déconnexion : durée de la session : 0:00:00.117", Kind.CONNECTION, 0),
        ("контрольная точка завершена: записано буферов: 3", Kind.CHECKPOINT, 0),
        ("automatisches Vacuum der Tabelle »a.b.c«: x", Kind.AUTOVACUUM, 0),
        ("disconnection: session time: 0:00:00.014 user=a", Kind.CONNECTION, 0),
        ('automatic vacuum of table "a.b.c": index scans: 0', Kind.AUTOVACUUM, 0),
        ("could not receive data from client", Kind.OTHER, 0),
        ("duration of nothing", Kind.OTHER, 0),
    ],
)
def test_other_messages(message: str, kind: str, amount: int) -> None:
    assert meaning(message.encode())[:2] == (kind, amount)


def test_cancellations_and_deadlocks_are_told_without_a_sqlstate() -> None:
    assert is_cancelled("annulation de la requête à la demande de l'utilisateur".encode(), b"")
    assert is_deadlock("interblocage (deadlock) détecté".encode(), b"")
    assert is_cancelled(b"COPY from stdin failed: error from Python", b"")
    assert is_cancelled(b"COPY FROM STDIN fehlgeschlagen: x", b"")
    assert not is_cancelled(b"division by zero", b"22012")


def test_what_parallel_workers_say_of_an_error_is_told_in_any_language() -> None:
    assert is_end_of_worker(b'terminating background worker "parallel worker" due to administrator command')
    german = "Background-Worker »parallel worker« wird abgebrochen aufgrund von Anweisung des Administrators"
    assert is_end_of_worker(german.encode())
    assert not is_end_of_worker(b"terminating connection due to administrator command")
    assert is_of_worker("processus parallèle\nfonction PL/pgSQL f(integer), ligne 3".encode())
    assert not is_of_worker(b'SQL function "parallel worker"')


@pytest.mark.parametrize(
    ("log", "detail", "statement", "error", "message"),
    [
        ("LOG", "DÉTAIL", "INSTRUCTION ", "ERREUR", "durée : 2.000 ms, instruction : "),
        ("LOG", "DETAIL", "ANWEISUNG", "FEHLER", "Dauer: 2.000 ms  Anweisung: "),
        ("LOG", "詳細", "文", "ERROR", "期間: 2.000 ミリ秒  文: "),
        ("СООБЩЕНИЕ", "ПОДРОБНОСТИ", "ОПЕРАТОР", "ОШИБКА", "продолжительность: 2.000 мс, оператор: "),
        ("日志", "详细信息", "语句", "错误", "执行时间: 2.000 ms 语句: "),
        ("DZIENNIK", "SZCZEGÓŁY", "WYRAŻENIE", "BŁĄD", "czas trwania: 2.000 ms  wyrażenie: "),
        ("로그", "상세정보", "명령 구문", "오류", "실행시간: 2.000 ms  명령 구문: "),
    ],
)
def test_a_log_in_another_language(
    log: str, detail: str, statement: str, error: str, message: str, tmp_path: Path
) -> None:
    lines = [
        f"{log}:  {message}SELECT a FROM t",
        f"{error}:  x",
        f"{detail}:  y",
        f"{statement}:  SELECT a FROM t",
    ]
    text = "".join(f"2026-01-01 00:00:0{number}.000 UTC [7] u@d {line}\n" for number, line in enumerate(lines))
    reading = read(text.encode(), tmp_path)
    [one] = reading.assembler.totals.statements.values()
    assert (one.calls, one.total_us, one.errors) == (1, 2000, 1)
    assert reading.files[0].account.skipped == 0
