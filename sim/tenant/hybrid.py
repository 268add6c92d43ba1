"""How the tenant hangs together with the directory on premises: synchronization and staged rollout.

Microsoft serves both to signed-in admins only ("Application: not supported"), so an app is refused; a tenant whose
`granted` names the delegated permission answers all the same, for what the documents leave open.
"""

from dataclasses import dataclass, field

from sim.tenant.directory import Getters

SYNC_FEATURES = (
    "allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled",
    "blockCloudObjectTakeoverThroughHardMatchEnabled",
    "blockSoftMatchEnabled",
    "bypassDirSyncOverridesEnabled",
    "cloudPasswordPolicyForPasswordSyncedUsersEnabled",
    "concurrentCredentialUpdateEnabled",
    "concurrentOrgIdProvisioningEnabled",
    "deviceWritebackEnabled",
    "directoryExtensionsEnabled",
    "fopeConflictResolutionEnabled",
    "groupWriteBackEnabled",
    "passwordSyncEnabled",
    "passwordWritebackEnabled",
    "quarantineUponProxyAddressesConflictEnabled",
    "quarantineUponUpnConflictEnabled",
    "softMatchOnUpnEnabled",
    "synchronizeUpnForManagedUsersEnabled",
    "unifiedGroupWritebackEnabled",
    "userForcePasswordChangeOnLogonEnabled",
    "userWritebackEnabled",
)
_ALWAYS_ON = frozenset({"quarantineUponUpnConflictEnabled", "quarantineUponProxyAddressesConflictEnabled"})


@dataclass(frozen=True, slots=True)
class FeatureRollout:
    """One featureRolloutPolicy."""

    id: str
    name: str
    feature: str
    """A stagedFeatureName, such as passwordHashSync."""
    is_enabled: bool = True
    is_for_everyone: bool = False
    group_ids: tuple[str, ...] = ()
    """To whom it applies: shown with $expand=appliesTo alone."""


@dataclass(slots=True)
class HybridIdentity:
    """What may be changed at any time."""

    password_hash_sync: bool = True
    password_writeback: bool = False
    rollouts: list[FeatureRollout] = field(default_factory=list)

    @property
    def features_on(self) -> frozenset[str]:
        """The synchronization features that are on."""
        on = set(_ALWAYS_ON)
        if self.password_hash_sync:
            on.add("passwordSyncEnabled")
        if self.password_writeback:
            on.add("passwordWritebackEnabled")
        return frozenset(on)


ROLLOUT: Getters = {
    "id": lambda rollout: rollout.id,
    "displayName": lambda rollout: rollout.name,
    "description": lambda rollout: rollout.name,
    "feature": lambda rollout: rollout.feature,
    "isEnabled": lambda rollout: rollout.is_enabled,
    "isAppliedToOrganization": lambda rollout: rollout.is_for_everyone,
}

SYNCHRONIZATION: Getters = {
    "configuration": lambda _: {
        "accidentalDeletionPrevention": {"synchronizationPreventionType": "enabledForCount", "alertThreshold": 500}
    },
    "features": lambda hybrid: {name: name in hybrid.features_on for name in SYNC_FEATURES},
}
"""Without the id, which is the tenant's."""
