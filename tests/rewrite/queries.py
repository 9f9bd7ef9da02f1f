"""Random queries around the rules' patterns, with everything beside them that may make a rewrite wrong."""

from __future__ import annotations

from tests.rewrite.conditions import Conditions, Scope
from tests.rewrite.schemas import Col, Tab


class Writer(Conditions):
    """Writes one query."""

    # -- queries ------------------------------------------------------------------------------------------------------

    def query(self) -> str:
        return self.draw.choice(
            (self.plain, self.plain, self.plain, self.plain, self.grouped, self.union, self.cte, self.paged)
        )()

    def _where(self, scope: Scope) -> str:
        parts = [self.condition(scope) for _ in range(self.draw.choice((0, 1, 1, 2, 3)))]
        return f" WHERE {' AND '.join(parts)}" if parts else ""

    def _outputs(self, scope: Scope) -> list[str]:
        shown = []
        for number in range(self.draw.randint(1, 4)):
            column = self.column(scope)
            shown.append(f"{column} AS o{number}")
        if self.draw.random() < 0.25:
            found = self.one_value(scope)
            if found:
                shown.append(f"{found[0]} AS v")
                if self.draw.random() < 0.4:
                    shown.append(f"{found[0]} AS w")
        if self.draw.random() < 0.1:
            shown.append(f"{self.counted(scope) or 'true'} AS has")
        return shown

    def plain(self) -> str:
        scope: Scope = []
        text = self.source(scope)
        outputs = self._outputs(scope)
        distinct = "DISTINCT " if self.draw.random() < 0.3 else ""
        if distinct and self.draw.random() < 0.2:
            distinct = f"DISTINCT ON ({outputs[0].split(' AS ')[0]}) "
        if not distinct and self.draw.random() < 0.1:
            outputs = ["*"]
        tail = ""
        if not distinct and outputs != ["*"] and self.draw.random() < 0.3:
            tail = f" ORDER BY {self.draw.choice(('1', 'o0', outputs[0].split(' AS ')[0]))}"
            tail += self.draw.choice(("", "", " LIMIT 2"))
        return f"SELECT {distinct}{', '.join(outputs)} FROM {text}{self._where(scope)}{tail}"

    def grouped(self) -> str:
        scope: Scope = []
        text = self.source(scope)
        keys = list(dict.fromkeys(self.column(scope) or "" for _ in range(self.draw.randint(1, 2))))
        number = self.column(scope, "int", "numeric")
        values = ["count(*)", f"count(DISTINCT {self.column(scope)})"] + ([f"sum({number})"] if number else [])
        group = self.draw.choice((", ".join(keys), ", ".join(keys), f"ROLLUP ({', '.join(keys)})"))
        if self.draw.random() < 0.05:
            keys, group = [], "()"
        having = ""
        if self.draw.random() < 0.6:
            inner: Scope = []
            body = self.source(inner, 1)
            key = self.pick(
                [
                    (alias, Tab(table.name, [c for c in table.columns if f"{alias}.{c.name}" in keys]))
                    for alias, table in scope
                ]
            )
            member = self.column(inner, key[1].kind) if key else None
            asked = (
                f"{keys[0]} IN (SELECT {member} FROM {body})"
                if key and member and self.ref(*key) == keys[0]
                else f"EXISTS (SELECT 1 FROM {body}{self._where(inner)})"
            )
            shown = f"{keys[0]} IS NOT NULL" if keys else asked
            having = f" HAVING {self.draw.choice((asked, asked, 'count(*) > 1', shown))}"
        if self.draw.random() < 0.1:
            return f"SELECT {', '.join(values)} FROM {text}{self._where(scope)}"
        if self.draw.random() < 0.1:
            return f"SELECT count(*) > 0 FROM {text}{self._where(scope)}"
        distinct = "DISTINCT " if self.draw.random() < 0.2 else ""
        return (
            f"SELECT {distinct}{', '.join([*keys, *values])} FROM {text}{self._where(scope)} GROUP BY {group}{having}"
        )

    def union(self) -> str:
        kinds = [self.draw.choice(("int", "text")) for _ in range(self.draw.randint(1, 2))]
        arms = []
        for _ in range(2):
            scope: Scope = []
            text = self.source(scope, 2)
            columns = [self.column(scope, kind) or self.constant(kind) for kind in kinds]
            if self.draw.random() < 0.5:
                columns.append(self.draw.choice(("'a'", "'b'")))
            else:
                columns.append(self.column(scope, "text") or "'a'")
            distinct = "DISTINCT " if self.draw.random() < 0.5 else ""
            arms.append(f"SELECT {distinct}{', '.join(columns)} FROM {text}{self._where(scope)}")
        return f"{arms[0]} {self.draw.choice(('UNION', 'UNION', 'UNION ALL', 'EXCEPT'))} {arms[1]}"

    def cte(self) -> str:
        scope: Scope = []
        text = self.source(scope, 2)
        columns = [self.pick(scope, "int", "text", "numeric", "char", "ci"), self.pick(scope, "int", "text", "date")]
        chosen = [one for one in columns if one is not None] or [(scope[0][0], scope[0][1].columns[0])]
        names = [f"k{number}" for number in range(len(chosen))]
        shown = ", ".join(f"{self.ref(*one)} AS {name}" for one, name in zip(chosen, names, strict=True))
        table = Tab("w", [Col(name, one[1].type) for one, name in zip(chosen, names, strict=True)])
        roll = self.draw.random()
        body = f"SELECT {shown} FROM {text}{self._where(scope)}"
        if roll < 0.25:
            group = ", ".join(self.ref(*one) for one in chosen)
            body = f"SELECT {shown}, count(*) AS n FROM {text}{self._where(scope)} GROUP BY {group}"
        elif roll < 0.35:
            body = f"SELECT DISTINCT {shown} FROM {text}{self._where(scope)}"
        elif roll < 0.45:
            body += " ORDER BY 1 LIMIT 2"
        elif roll < 0.65:
            body += self._other_arm([one[1].kind for one in chosen])
        elif roll < 0.7:
            window = f"row_number() OVER (ORDER BY {self.ref(*chosen[0])})"
            body = f"SELECT {shown}, {window} AS n FROM {text}{self._where(scope)}"
        fence = self.draw.choice(("MATERIALIZED ", "MATERIALIZED ", ""))
        asked = " AND ".join(self.simple([("w", table)]) for _ in range(self.draw.randint(1, 2)))
        if self.draw.random() < 0.3:
            again = self.simple([("v", table)])
            return f"WITH w AS {fence}({body}) SELECT w.*, v.k0 AS again FROM w, w AS v WHERE {asked} AND {again}"
        if self.draw.random() < 0.15:
            other = self.draw.choice(self.tables)
            return f"WITH w AS {fence}({body}) SELECT w.k0 FROM {other.name} AS z LEFT JOIN w ON true WHERE {asked}"
        return f"WITH w AS {fence}({body}) SELECT * FROM w WHERE {asked}"

    def _other_arm(self, kinds: list[str]) -> str:
        scope: Scope = []
        text = self.source(scope, 1)
        alike = {"ci": ("ci", "text"), "text": ("ci", "text")}
        columns = [self.column(scope, *alike.get(kind, (kind,))) or self.constant(kind) for kind in kinds]
        return f" {self.draw.choice(('UNION ALL', 'UNION'))} SELECT {', '.join(columns)} FROM {text}"

    def paged(self) -> str:
        scope: Scope = []
        text = self.source(scope, 2)
        rows = f"SELECT {', '.join(self._outputs(scope))} FROM {text}{self._where(scope)}"
        inner = f"{rows} ORDER BY 1 LIMIT {self.draw.randint(0, 3)}"
        return f"SELECT * FROM ({inner}) AS page" if self.draw.random() < 0.5 else inner
