"""What the operator of the controller has set for providers, by environment variables."""

from collections.abc import Mapping

from msgspec import Struct

PROMETHEUS_ADDRESS = "ARGO_ROLLOUTS_PROMETHEUS_ADDRESS"
JOB_NAMESPACE = "ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE"
JOB_KUBECONFIG = "ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG"


class ProviderSettings(Struct, frozen=True, kw_only=True):
    """Defaults for what a metric leaves out."""

    prometheus_address: str = ""
    aws_region: str = ""
    job_namespace: str = ""
    """Where Jobs are made; beside the AnalysisRun when empty."""
    job_kubeconfig: str = ""
    """The cluster in which Jobs are made; the run's own when empty. Who sends the requests reads it."""
    datadog_address: str = ""
    datadog_api_key: str = ""
    datadog_app_key: str = ""

    def __repr__(self) -> str:
        """The addresses; keys are secret."""
        return f"ProviderSettings({self.prometheus_address!r}, {self.aws_region!r}, {self.job_namespace!r})"


def settings_from(environment: Mapping[str, str]) -> ProviderSettings:
    """Read the settings out of environment variables."""
    get = environment.get
    return ProviderSettings(
        prometheus_address=get(PROMETHEUS_ADDRESS, ""),
        aws_region=get("AWS_REGION", "") or get("AWS_DEFAULT_REGION", ""),
        job_namespace=get(JOB_NAMESPACE, ""),
        job_kubeconfig=get(JOB_KUBECONFIG, ""),
        datadog_address=get("DD_ADDRESS", ""),
        datadog_api_key=get("DD_API_KEY", ""),
        datadog_app_key=get("DD_APP_KEY", ""),
    )
