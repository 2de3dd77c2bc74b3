"""What lesson 12 says of declarations; what it says of updates and refreshes is in tests/pipeline/test_declared.py."""

import pytest
from pyspark import pipelines as dp
from sleigh.pipeline.declared import updates
from sleigh.runtime import remote
from sleigh.tables import LANDING

SOURCE = f"default.{LANDING.name}"


@pytest.fixture
def client(spark, plain, tmp_path):
    session = remote.client(spark)
    updates.create_schema(spark, "claims", tmp_path / "claims")
    yield session
    spark.sql("DROP SCHEMA claims CASCADE")
    session.stop()
    remote.stop(spark)


def test_a_function_is_called_when_it_is_declared_and_a_format_is_refused_the_second_time(client, tmp_path):
    calls = []

    def declared():
        with updates.declaring(client, "claims") as graph:

            @dp.table(name="landed", format="delta")
            def rows():
                calls.append("called")
                return client.readStream.table(SOURCE)

        return graph

    graph = declared()
    assert calls == ["called"], "before anything is updated"
    updates.update(graph, tmp_path / "storage")
    assert calls == ["called"]
    with pytest.raises(Exception, match="DELTA_CANNOT_CHANGE_PROVIDER"):
        updates.update(declared(), tmp_path / "storage")
