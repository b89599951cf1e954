"""Ways to ask a model, one module each. They run in the sandboxed child only; this table is all that others read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Adapter:
    """The module below this package, the extra of Upright that brings its library, and what it asks."""

    module: str
    extra: str
    about: str
    is_hosted: bool = False


ADAPTERS = {
    "sklearn": Adapter("sklearn_model", "models", "scikit-learn estimators, saved by joblib or pickle"),
    "joblib": Adapter("sklearn_model", "models", "the same as sklearn"),
    "xgboost": Adapter("xgboost_model", "xgboost", "XGBoost's own files (.ubj, .json)"),
    "lightgbm": Adapter("lightgbm_model", "lightgbm", "LightGBM's own text files"),
    "onnx": Adapter("onnx_model", "onnx", "ONNX graphs"),
    "torch": Adapter("torch_model", "torch", "TorchScript and exported programs"),
    "python": Adapter("python_model", "", "a Python file with functions of agreed names"),
    "http": Adapter("mlflow_endpoint", "", "an endpoint that speaks MLflow's scoring protocol", is_hosted=True),
    "open-inference": Adapter(
        "open_inference_endpoint", "", "an endpoint that speaks the Open Inference Protocol (KServe v2)", is_hosted=True
    ),
}
BY_ENDING = {
    ".joblib": "sklearn", ".pkl": "sklearn", ".pickle": "sklearn", ".ubj": "xgboost", ".json": "xgboost",
    ".txt": "lightgbm", ".lgb": "lightgbm", ".onnx": "onnx", ".pt": "torch", ".pth": "torch", ".pt2": "torch",
    ".py": "python",
}  # fmt: skip
"""Which adapter a file's ending means, where the manifest names none."""
