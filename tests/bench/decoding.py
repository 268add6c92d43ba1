"""What reading detections costs: this project's decoder beside msgraph-sdk's own models.

    python -m tests.bench.decoding

The SDK is measured on a sample and its cost multiplied, since the whole would take minutes.
"""

import json
import resource
import time
import warnings

from bot.graph import decode

DETECTIONS, PAGE, SAMPLE = 20_000, 500, 300


def entry(number: int) -> dict[str, object]:
    """A detection of the size that Microsoft's have."""
    moment = f"2025-04-20T04:{number // 60 % 60:02}:{number % 60:02}.1234567Z"
    return {
        "id": f"{number:064x}",
        "requestId": None,
        "correlationId": None,
        "riskEventType": "leakedCredentials",
        "riskState": "atRisk",
        "riskLevel": "high",
        "riskDetail": "none",
        "source": "IdentityProtection",
        "detectionTimingType": "offline",
        "activity": "user",
        "tokenIssuerType": "AzureAD",
        "ipAddress": None,
        "location": {"city": "Oslo", "state": None, "countryOrRegion": "NO", "geoCoordinates": None},
        "activityDateTime": moment,
        "detectedDateTime": moment,
        "lastUpdatedDateTime": moment,
        "userId": f"00000000-0000-4000-8000-{number:012x}",
        "userDisplayName": f"User Number {number}",
        "userPrincipalName": f"user{number}@contoso.example",
        "additionalInfo": '[{"Key":"userAgent","Value":"Mozilla/5.0"}]',
    }


def pages() -> list[bytes]:
    """All detections as Graph would send them."""
    return [
        json.dumps({"value": [entry(number) for number in range(start, start + PAGE)]}).encode()
        for start in range(0, DETECTIONS, PAGE)
    ]


def ours(bodies: list[bytes]) -> tuple[float, float]:
    """CPU seconds for all pages, and for the slowest of them."""
    slowest, began, read = 0.0, time.process_time(), 0
    for body in bodies:
        page_began = time.process_time()
        read += len(decode.detections(body).items)
        slowest = max(slowest, time.process_time() - page_began)
    if read != DETECTIONS:
        raise RuntimeError(f"only {read} were read")
    return time.process_time() - began, slowest


def theirs() -> float:
    """CPU seconds for the sample with the SDK's models, with the imports of the first object left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
        from msgraph.generated.models.risk_detection_collection_response import RiskDetectionCollectionResponse

        def read(count: int) -> None:
            body = json.dumps({"value": [entry(number) for number in range(count)]}).encode()
            node = JsonParseNodeFactory().get_root_parse_node("application/json", body)
            found = node.get_object_value(RiskDetectionCollectionResponse).value
            if found is None or len(found) != count:
                raise RuntimeError("the SDK did not read its sample")

        read(1)
        began = time.process_time()
        read(SAMPLE)
        return time.process_time() - began


def main() -> None:
    """Print the table."""
    bodies = pages()
    whole, slowest = ours(bodies)
    sample = theirs()
    print(f"{DETECTIONS} detections, {sum(map(len, bodies)) / 1e6:.1f} MB, {len(bodies)} pages of {PAGE}; CPU time")
    print(f"  this project's decoder    {whole:8.3f} s   (slowest page {slowest * 1000:.1f} ms)")
    print(
        f"  msgraph-sdk's models      {sample / SAMPLE * DETECTIONS:8.1f} s   "
        f"(extrapolated from {SAMPLE} objects: {sample / SAMPLE * 1000:.2f} ms each)"
    )
    print(f"  most memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
