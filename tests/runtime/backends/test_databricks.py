"""A lake on Databricks: a schema with our mark, of one user, and never another's that is dropped."""

import re

import pytest
from sleigh import runtime
from sleigh.errors import SleighError
from sleigh.lessons import prepare
from sleigh.paths import ROOT
from sleigh.runtime import lakes
from sleigh.runtime.backends import databricks
from sleigh.tables import TABLES

ADA, BOB = "ada@example.com", "bob.o'neil@example.com"
MINE = "santa_ada_example_com_03"


class Fake:
    """A session on Databricks: keeps the SQL, and its schemas as {name: properties}. It is its own catalog and result."""

    def __init__(self, user=ADA, schemas=None, widgets=None):
        self.user, self.schemas, self.widgets = user, schemas if schemas is not None else {}, widgets or {}
        self.asked, self.catalog, self.streams = [], self, self
        self.active = []

    def currentCatalog(self):
        return "main"

    def databaseExists(self, name):
        return name in self.schemas

    def sql(self, text):
        self.asked.append(text)
        words = text.replace("`", "").split()
        if words[:3] == ["CREATE", "SCHEMA", "IF"]:
            found = text.split("DBPROPERTIES (")[1].rstrip(")").split(" = ")
            self.schemas.setdefault(words[5], "(({},{}))".format(*(unquoted(part) for part in found)))
        if words[:2] == ["DROP", "SCHEMA"]:
            del self.schemas[words[2]]
        self.answer = [(self.user,)] if "current_user" in text else []
        if words[0] == "DESCRIBE":
            # Rows as Spark gives them; the real one is asked in test_a_mark_is_read_back_by_spark_itself.
            self.answer = [("Namespace Name", words[3]), ("Owner", "root"), ("Properties", self.schemas[words[3]])]
        return self

    def first(self):
        return self.answer[0]

    def collect(self):
        return self.answer

    @property
    def dropped(self):
        return [text for text in self.asked if text.startswith("DROP")]


def unquoted(literal):
    return literal.strip("'").replace("\\'", "'")


@pytest.fixture
def on_databricks(monkeypatch):
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "17.3")
    monkeypatch.setattr(lakes, "_open", None)
    monkeypatch.setattr(databricks, "_widget", lambda spark, name: spark.widgets.get(name))

    def session(**arguments):
        fake = Fake(**arguments)
        monkeypatch.setattr(databricks.Backend, "running", lambda _: fake)
        return fake

    return session


def test_a_lesson_alone_twice_in_a_row(on_databricks):
    spark = on_databricks()
    runtime.remove_lake("build/lessons/03")
    assert spark.dropped == [], "there is none yet"
    runtime.open_lake(spark, "build/lessons/03")
    assert list(spark.schemas) == [MINE]
    assert str(runtime.lake()) == f"/Volumes/main/{MINE}/lake"
    runtime.remove_lake("build/lessons/03")
    assert spark.dropped == [f"DROP SCHEMA `{MINE}` CASCADE"]
    runtime.open_lake(spark, "build/lessons/03")
    assert list(spark.schemas) == [MINE]


@pytest.mark.parametrize(
    "properties", ["", None, "((owner,prod), (pii,true))", "((x,sleigh.lake), (y,ada@example.com))"]
)
def test_a_schema_without_our_mark_is_not_dropped(on_databricks, properties):
    """The widget says schema=prod, and there is a prod_03."""
    spark = on_databricks(schemas={"prod_03": properties}, widgets={"schema": "prod"})
    with pytest.raises(SleighError, match=r"^the schema prod_03 was not made by this course: not dropped; .*`schema`"):
        runtime.remove_lake("build/lessons/03")
    assert spark.dropped == [] and "prod_03" in spark.schemas


def test_opening_a_schema_that_is_there_does_not_mark_it(on_databricks):
    spark = on_databricks(schemas={"prod_03": ""}, widgets={"schema": "prod"})
    runtime.open_lake(spark, "build/lessons/03")
    with pytest.raises(SleighError, match="not made by this course"):
        runtime.remove_lake("build/lessons/03")
    assert spark.dropped == []


def test_two_users_of_a_catalog_have_lakes_of_their_own(on_databricks):
    schemas = {}
    for user in (ADA, BOB, "Ada@example.org"):
        runtime.open_lake(on_databricks(user=user, schemas=schemas), "build/lessons/03")
    assert len(schemas) == 3
    for user in (ADA, BOB):
        on_databricks(user=user, schemas=schemas)
        runtime.remove_lake("build/lessons/03")
    assert list(schemas) == ["santa_ada_example_org_03"]


def test_another_user_s_lake_under_a_common_prefix_is_not_dropped(on_databricks):
    schemas, widgets = {}, {"schema": "team"}
    runtime.open_lake(on_databricks(user=BOB, schemas=schemas, widgets=widgets), "build/lessons/03")
    spark = on_databricks(user=ADA, schemas=schemas, widgets=widgets)
    with pytest.raises(SleighError, match=r"^the schema team_03 is a lake of bob.o'neil@example.com: not dropped"):
        runtime.remove_lake("build/lessons/03")
    assert spark.dropped == []


def test_a_schema_s_name_is_quoted(on_databricks):
    spark = on_databricks(widgets={"schema": "my prod; DROP SCHEMA x"})
    runtime.open_lake(spark, "build/lessons/03")
    assert list(spark.schemas) == ["my_prod_drop_schema_x_03"]
    assert all("`my_prod_drop_schema_x_03`" in text for text in spark.asked if "SCHEMA" in text)


def test_no_commit_of_the_catalog_s_own_comes_among_those_of_a_new_table(on_databricks):
    """Auto compaction is on there unless a table says otherwise, and lessons count commits."""
    spark = on_databricks()
    runtime.open_lake(spark, "build/lessons/03")
    databricks.Backend().create_table(spark, runtime.lake(), TABLES["landing_status_changes"])
    prepare.own_table(spark, "mine", "id INT", appendOnly="true")
    for text in spark.asked[-2:]:
        assert text.startswith("CREATE") and "'delta.autoOptimize.autoCompact' = 'false'" in text
    assert "'delta.appendOnly' = 'true'" in spark.asked[-1]


def test_nothing_is_claimed_and_no_session_is_stopped(on_databricks, tmp_path):
    on_databricks()
    assert runtime.claim(tmp_path) is False and not list(tmp_path.iterdir())
    assert runtime.is_running()
    runtime.stop()


def test_schemas_are_dropped_where_the_mark_is_asked_for_and_nowhere_else():
    texts = [*(ROOT / "lib").rglob("*.py"), *(ROOT / "databricks").rglob("*.py"), *ROOT.glob("notebooks/*.ipynb")]
    texts += ROOT.glob("solutions/*.ipynb")
    dropping = {
        path.name: path.read_text() for path in texts if re.search("DROP (SCHEMA|DATABASE|CATALOG)", path.read_text())
    }
    # The other one makes the schemas of lesson 12, which no session but this machine's own can reach.
    assert set(dropping) == {"databricks.py", "updates.py"} and "12" in prepare.AT_HOME
    assert dropping["databricks.py"].count("DROP SCHEMA") == 1


def test_a_mark_is_read_back_by_spark_itself(spark):
    """The SQL that marks, and the answer that is looked through, on a real session."""
    for user in (ADA, BOB):
        spark.sql(
            f"CREATE SCHEMA marked WITH DBPROPERTIES ('{databricks.MARK}' = {databricks._literal(user)}, 'a' = 'b')"
        )
        try:
            assert databricks._mark(spark, "marked") == user
        finally:
            spark.sql("DROP SCHEMA marked CASCADE")
    assert databricks._mark(spark, "default") is None
