"""One stack, described: its folders, ports, secrets, and the settings by which others find it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from metastore_sync import settings as known
from metastore_sync.settings import Settings
from tidegate.stack import credentials, parts, ports
from tidegate.stack.credentials import Credentials
from tidegate.stack.placement import Layout
from tidegate.stack.ports import Ports

LOOPBACK = "127.0.0.1"
#: Variables that tell where captured tables are (docs/cdc.md).
CDC = "TIDEGATE_CDC_"


@dataclass(frozen=True, slots=True)
class Account:
    """One role of PostgreSQL in one database."""

    server: str
    database: str
    user: str
    password: str

    @property
    def jdbc(self) -> str:
        """Address for JDBC; user and password are given apart."""
        return f"jdbc:postgresql://{self.server}/{self.database}"

    @property
    def address(self) -> str:
        """`user:password@host:port/database`, for any driver's URL."""
        return f"{self.user}:{self.password}@{self.server}/{self.database}"

    @property
    def dsn(self) -> str:
        """The libpq address."""
        return f"postgresql://{self.address}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """
    A local stack as it is, or shall be, started.

    Attributes:
        layout: Its folders.
        ports: Its listeners.
        secrets: Its secrets.
        settings: The settings in force for every process of it.
        external: Names of parts that run elsewhere, because the environment says where.
        admin_dsn: Address with which roles and databases are made.
        cdc: Variables of the databases whose tables are captured, TIDEGATE_CDC_<connection>_<part>.
    """

    layout: Layout
    ports: Ports
    secrets: Credentials
    settings: Settings
    external: frozenset[str]
    admin_dsn: str
    cdc: Mapping[str, str]

    @property
    def project(self) -> Path:
        """The repository the stack runs from."""
        return known.PROJECT

    def account(self, database: str, user: str, password: str) -> Account:
        """Return a role's way into a database of the server that holds the registry."""
        info = conninfo_to_dict(self.settings.postgres_dsn)
        server = f"{info.get('host', LOOPBACK)}:{info.get('port', 5432)}"
        return Account(server, database, user, password)

    @property
    def lake(self) -> Account:
        """Owner of Iceberg's catalog."""
        return self.account("lake", "lake", self.secrets.lake)

    @property
    def airflow(self) -> Account:
        """Owner of Airflow's database."""
        return self.account("airflow", "airflow", self.secrets.airflow_database)

    @property
    def shop(self) -> Account:
        """Owner of the example shop's database, whose changes may be captured."""
        return self.account("shop", "shop", self.secrets.shop)

    @property
    def spark(self) -> Account:
        """Spark's view of the registry."""
        database = str(conninfo_to_dict(self.settings.postgres_dsn).get("dbname", "tidegate"))
        return self.account(database, "tidegate_spark", self.secrets.spark)

    def lines(self) -> dict[str, str]:
        """Return what `$TIDEGATE_HOME/env` says."""
        host, _, port = self.settings.thrift.partition(":")
        fields = {name: getattr(self.settings, name) for name in setting_names()}
        return {
            "TIDEGATE_HOME": str(self.layout.home),
            **{f"TIDEGATE_{name.upper()}": value for name, value in fields.items()},
            "TIDEGATE_THRIFT_HOST": host,
            "TIDEGATE_THRIFT_PORT": port,
            "TIDEGATE_POSTGRES_ADMIN_DSN": self.admin_dsn,
            "TIDEGATE_LAKE_DSN": self.lake.dsn,
            **self.cdc,
            **self.ports.lines(),
            # S3-compatible stores reject the checksums that newer SDKs add by themselves.
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        }


def setting_names() -> list[str]:
    """Return the fields of `Settings` that have a variable."""
    return [name for name in Settings.__dataclass_fields__ if name != "home"]


def describe(environment: Mapping[str, str] = os.environ) -> Installation:
    """
    Return the stack of this environment's TIDEGATE_HOME; makes missing folders and secrets.

    Raises:
        UsageError: A port variable is wrong.
    """
    layout = Layout(known.home_folder(environment))
    chosen = ports.choose(environment, known.stack_environment(layout.home))
    layout.make()
    secrets = credentials.ensure(layout.secrets)
    local = _local_settings(chosen, secrets)
    given = {
        name: environment[f"TIDEGATE_{name.upper()}"]
        for name in setting_names()
        if environment.get(f"TIDEGATE_{name.upper()}")
    }
    external = frozenset(
        part.name
        for part in parts.PARTS
        if given.get(part.setting, local[part.setting]) != local[part.setting]
    )
    here = Account(f"{LOOPBACK}:{chosen.postgres}", "shop", "shop", secrets.shop)
    admin = f"postgresql://postgres:{secrets.postgres_admin}@{LOOPBACK}:{chosen.postgres}/postgres"
    return Installation(
        layout=layout,
        ports=chosen,
        secrets=secrets,
        settings=Settings(home=layout.home, **{**local, **given}),
        external=external,
        admin_dsn=given["postgres_dsn"] if "postgres" in external else admin,
        cdc=_cdc(environment, layout, None if "postgres" in external else here),
    )


def _cdc(environment: Mapping[str, str], layout: Layout, shop: Account | None) -> dict[str, str]:
    """Return the captured databases' variables: those known, the stack's own shop, the caller's."""
    before = known.stack_environment(layout.home)
    found = {name: value for name, value in before.items() if name.startswith(CDC)}
    if shop:
        host, _, port = shop.server.partition(":")
        found |= {f"{CDC}SHOP_HOST": host, f"{CDC}SHOP_PORT": port, f"{CDC}SHOP_DATABASE": shop.database}
        found |= {f"{CDC}SHOP_USER": shop.user, f"{CDC}SHOP_PASSWORD": shop.password}
    return found | {name: value for name, value in environment.items() if name.startswith(CDC)}


def _local_settings(chosen: Ports, secrets: Credentials) -> dict[str, str]:
    return {
        "kafka_bootstrap": f"{LOOPBACK}:{chosen.kafka}",
        "connect_url": f"http://{LOOPBACK}:{chosen.connect}",
        "s3_endpoint": f"http://{LOOPBACK}:{chosen.s3}",
        "s3_access_key": secrets.s3_access_key,
        "s3_secret_key": secrets.s3_secret_key,
        "postgres_dsn": (
            f"postgresql://tidegate:{secrets.registry}@{LOOPBACK}:{chosen.postgres}/tidegate"
        ),
        "thrift": f"{LOOPBACK}:{chosen.thrift}",
        "service_url": f"http://{LOOPBACK}:{chosen.service}",
        "airflow_url": f"http://{LOOPBACK}:{chosen.airflow}",
        "airflow_password": secrets.airflow_password,
        "token_read": secrets.token_read,
        "token_write": secrets.token_write,
        "token_approve": secrets.token_approve,
        "snapshot_key": secrets.snapshot_key,
    }


def write_env(stack: Installation) -> None:
    """Write `$TIDEGATE_HOME/env` (mode 0600)."""
    head = "# Where this stack's parts are, and their secrets; rewritten by each `tidegate up`.\n"
    text = head + "".join(f"{name}={value}\n" for name, value in stack.lines().items())
    credentials.write_private(stack.layout.env, text)
