"""The settings of the environment, and of the files that it names.

`read_settings` raises SettingsError with one Fault for each variable that is wrong; `read_tenants` gives every tenant.
"""

import os
from pathlib import Path

from pydantic import ValidationError

from bot.settings.faults import Fault, SettingsError, fault_of
from bot.settings.options import GraphSettings, Settings, StoreSettings, TenantSettings
from bot.settings.tenants import (
    FILE,
    TenantOptions,
    faults_of_graph,
    faults_of_tenant,
    read_tenants_file,
    single_tenant,
)
from bot.settings.values import is_loopback, parse_duration

__all__ = [
    "Fault",
    "GraphSettings",
    "Settings",
    "SettingsError",
    "StoreSettings",
    "TenantOptions",
    "TenantSettings",
    "is_loopback",
    "parse_duration",
    "read_graph_settings",
    "read_settings",
    "read_stated_tenants",
    "read_store_settings",
    "read_tenants",
]

_DESCRIPTIONS = {str(field.alias): field.description or "" for field in Settings.model_fields.values()}


def read_store_settings() -> StoreSettings:
    """Read where the database is. Raises SettingsError."""
    try:
        return StoreSettings()  # type: ignore[call-arg]  # the values come from the environment
    except ValidationError as problem:
        raise _error(problem) from None


def read_graph_settings() -> GraphSettings:
    """Read how Microsoft Graph is reached. Raises SettingsError."""
    try:
        settings = GraphSettings()  # type: ignore[call-arg]  # the values come from the environment
    except ValidationError as problem:
        raise _error(problem) from None
    faults = faults_of_graph(settings)
    if faults:
        raise SettingsError(faults)
    return settings


def read_settings() -> Settings:
    """Read and check the environment. With a tenants file, what differs by tenant is the first one's."""
    path = os.environ.get(FILE, "")
    tenants = read_tenants_file(Path(path)) if path else ()
    first = tenants[0].settings if tenants else None
    given = {"AZURE_TENANT_ID": first.azure_tenant_id, "SLACK_CHANNEL": first.slack_channel} if first else {}
    try:
        settings = Settings(**given)  # type: ignore[arg-type]  # the other values come from the environment
    except ValidationError as problem:
        raise _error(problem) from None
    faults = _faults_between(settings)
    if not tenants:
        faults += faults_of_tenant(settings)
    if faults:
        raise SettingsError(faults)
    if not tenants:
        single_tenant(settings)
    return settings


def read_tenants(settings: Settings) -> tuple[TenantOptions, ...]:
    """Every tenant to be served: those of the tenants file, else the one of the environment. Raises SettingsError."""
    if settings.tenants_file is not None:
        return read_tenants_file(settings.tenants_file)
    return (single_tenant(settings),)


def read_stated_tenants() -> tuple[TenantOptions, ...]:
    """Every tenant, for commands that only read: what is for Slack's door is not needed. Raises SettingsError."""
    path = os.environ.get(FILE, "")
    if path:
        return read_tenants_file(Path(path))
    try:
        settings = TenantSettings()  # type: ignore[call-arg]  # the values come from the environment
    except ValidationError as problem:
        raise _error(problem) from None
    return (single_tenant(settings),)


def _error(problem: ValidationError) -> SettingsError:
    return SettingsError([fault_of(error, _DESCRIPTIONS) for error in problem.errors(include_input=False)])


def _faults_between(settings: Settings) -> list[Fault]:
    """What is wrong between variables that are right by themselves."""
    faults = []
    if settings.slack_mode == "socket" and settings.slack_app_token is None:
        faults.append(Fault("SLACK_APP_TOKEN", "is missing. Socket mode needs the app-level token (xapp-...)"))
    if settings.slack_mode == "http" and settings.slack_signing_secret is None:
        faults.append(Fault("SLACK_SIGNING_SECRET", "is missing. In http mode it is what tells Slack from a forger"))
    return faults
