"""Services and libraries of AI, and what gives them away in sources: modules, packages, hosts, names of keys."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A hosted service of AI. ``hosts`` are domains (with all below them); ``modules`` of Python, dotted.

    ``packages`` are names in lists and in JavaScript, ``keys`` names of environment variables, ``makers`` what a
    supplier may be called besides ``name``.
    """

    name: str
    hosts: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()


def _service(
    name: str, hosts: str = "", modules: str = "", packages: str = "", keys: str = "", makers: str = ""
) -> Service:
    return Service(
        name=name, hosts=tuple(hosts.split()), modules=tuple(modules.split()), packages=tuple(packages.split()),
        keys=tuple(keys.split()), makers=tuple(makers.split()),
    )  # fmt: skip


SERVICES: tuple[Service, ...] = (
    _service("openai", "api.openai.com", "openai langchain_openai llama_index.llms.openai",
             "openai langchain-openai @langchain/openai @ai-sdk/openai llama-index-llms-openai", "OPENAI_API_KEY"),
    _service("azure-ai", "openai.azure.com services.ai.azure.com inference.ai.azure.com cognitiveservices.azure.com",
             "azure.ai azure.cognitiveservices",
             "azure-ai-inference azure-ai-projects azure-ai-textanalytics @azure/openai @azure-rest/ai-inference",
             "AZURE_OPENAI_API_KEY AZURE_OPENAI_ENDPOINT AZURE_OPENAI_KEY", "azure microsoft"),
    _service("anthropic", "api.anthropic.com", "anthropic langchain_anthropic llama_index.llms.anthropic",
             "anthropic langchain-anthropic @anthropic-ai/sdk @langchain/anthropic @ai-sdk/anthropic",
             "ANTHROPIC_API_KEY"),
    _service("google-ai", "generativelanguage.googleapis.com aiplatform.googleapis.com vision.googleapis.com "
             "speech.googleapis.com language.googleapis.com documentai.googleapis.com",
             "google.generativeai google.genai google.cloud.aiplatform google.cloud.vision google.cloud.speech "
             "google.cloud.language google.cloud.documentai vertexai langchain_google_genai langchain_google_vertexai",
             "google-generativeai google-genai google-cloud-aiplatform google-cloud-vision google-cloud-speech "
             "langchain-google-genai langchain-google-vertexai @google/generative-ai @google/genai "
             "@google-cloud/vertexai",
             "GEMINI_API_KEY GOOGLE_GENAI_API_KEY", "google gemini vertex"),
    _service("aws-ai", "", "langchain_aws sagemaker", "langchain-aws sagemaker @aws-sdk/client-bedrock-runtime "
             "@aws-sdk/client-sagemaker-runtime @aws-sdk/client-rekognition @aws-sdk/client-comprehend",
             "AWS_BEARER_TOKEN_BEDROCK", "aws amazon bedrock sagemaker"),
    _service("mistral", "api.mistral.ai", "mistralai langchain_mistralai",
             "mistralai langchain-mistralai @mistralai/mistralai @ai-sdk/mistral", "MISTRAL_API_KEY", "mistralai"),
    _service("cohere", "api.cohere.com api.cohere.ai", "cohere langchain_cohere", "cohere langchain-cohere cohere-ai",
             "COHERE_API_KEY CO_API_KEY"),
    _service("groq", "api.groq.com", "groq langchain_groq", "groq langchain-groq groq-sdk", "GROQ_API_KEY"),
    _service("together", "api.together.xyz api.together.ai", "together", "together together-ai", "TOGETHER_API_KEY"),
    _service("openrouter", "openrouter.ai", "", "@openrouter/ai-sdk-provider", "OPENROUTER_API_KEY"),
    _service("deepseek", "api.deepseek.com", "langchain_deepseek", "langchain-deepseek", "DEEPSEEK_API_KEY"),
    _service("xai", "api.x.ai", "xai_sdk langchain_xai", "xai-sdk langchain-xai @ai-sdk/xai", "XAI_API_KEY"),
    _service("perplexity", "api.perplexity.ai", "", "", "PERPLEXITY_API_KEY PPLX_API_KEY"),
    _service("fireworks", "api.fireworks.ai", "fireworks langchain_fireworks", "fireworks-ai langchain-fireworks",
             "FIREWORKS_API_KEY"),
    _service("replicate", "api.replicate.com", "replicate", "replicate", "REPLICATE_API_TOKEN"),
    _service("hugging-face", "api-inference.huggingface.co router.huggingface.co endpoints.huggingface.cloud",
             "langchain_huggingface", "@huggingface/inference langchain-huggingface", "HUGGINGFACEHUB_API_TOKEN",
             "huggingface"),
    _service("watsonx", "ml.cloud.ibm.com", "ibm_watsonx_ai ibm_watson langchain_ibm",
             "ibm-watsonx-ai ibm-watson langchain-ibm", "WATSONX_APIKEY WATSONX_API_KEY", "ibm"),
    _service("voyage", "api.voyageai.com", "voyageai", "voyageai", "VOYAGE_API_KEY"),
    _service("elevenlabs", "api.elevenlabs.io", "elevenlabs", "elevenlabs", "ELEVENLABS_API_KEY ELEVEN_API_KEY"),
    _service("deepgram", "api.deepgram.com", "deepgram", "deepgram-sdk @deepgram/sdk", "DEEPGRAM_API_KEY"),
    _service("assemblyai", "api.assemblyai.com", "assemblyai", "assemblyai", "ASSEMBLYAI_API_KEY"),
    _service("stability", "api.stability.ai", "stability_sdk", "stability-sdk", "STABILITY_API_KEY", "stability-ai"),
    _service("deepl", "api.deepl.com api-free.deepl.com", "deepl", "deepl deepl-node", "DEEPL_AUTH_KEY DEEPL_API_KEY"),
    _service("ollama", "", "ollama langchain_ollama", "ollama langchain-ollama", "OLLAMA_HOST"),
    _service("litellm", "", "litellm", "litellm", "LITELLM_MASTER_KEY LITELLM_API_KEY"),
)  # fmt: skip
AWS_CLIENTS = frozenset(
    {
        "bedrock",
        "bedrock-runtime",
        "bedrock-agent",
        "bedrock-agent-runtime",
        "sagemaker",
        "sagemaker-runtime",
        "rekognition",
        "comprehend",
        "comprehendmedical",
        "textract",
        "transcribe",
        "polly",
        "translate",
        "lexv2-runtime",
        "personalize-runtime",
    }
)
"""What ``boto3.client`` is asked for where it is asked for AI."""

COMPONENTS: dict[str, str] = {
    "sklearn": "scikit-learn", "torch": "torch", "tensorflow": "tensorflow", "keras": "keras", "jax": "jax",
    "flax": "flax", "xgboost": "xgboost", "lightgbm": "lightgbm", "catboost": "catboost", "onnxruntime": "onnxruntime",
    "skl2onnx": "skl2onnx", "transformers": "transformers", "sentence_transformers": "sentence-transformers",
    "diffusers": "diffusers", "peft": "peft", "timm": "timm", "torchvision": "torchvision", "torchaudio": "torchaudio",
    "lightning": "lightning", "pytorch_lightning": "pytorch-lightning", "fastai": "fastai", "spacy": "spacy",
    "flair": "flair", "gensim": "gensim", "fasttext": "fasttext", "openvino": "openvino",
    "tflite_runtime": "tflite-runtime", "llama_cpp": "llama-cpp-python", "xllamacpp": "xllamacpp", "vllm": "vllm",
    "ctransformers": "ctransformers", "ultralytics": "ultralytics", "whisper": "openai-whisper",
    "faster_whisper": "faster-whisper", "easyocr": "easyocr", "paddle": "paddlepaddle", "paddleocr": "paddleocr",
    "mxnet": "mxnet", "langchain": "langchain", "langchain_core": "langchain-core", "langgraph": "langgraph",
    "llama_index": "llama-index", "haystack": "haystack-ai", "crewai": "crewai", "autogen": "pyautogen",
    "dspy": "dspy", "semantic_kernel": "semantic-kernel", "pydantic_ai": "pydantic-ai", "smolagents": "smolagents",
    "huggingface_hub": "huggingface-hub", "statsmodels": "statsmodels", "prophet": "prophet", "h2o": "h2o",
    "deepface": "deepface", "face_recognition": "face-recognition", "insightface": "insightface",
    "mediapipe": "mediapipe",
}  # fmt: skip
"""Libraries that hold or run models: the module of Python, and the package that brings it."""

PACKAGES = frozenset(COMPONENTS.values())
_BY_PACKAGE = {package: service.name for service in SERVICES for package in service.packages}
_BY_KEY = {key: service.name for service in SERVICES for key in service.keys}
_BY_NAME = {service.name: service for service in SERVICES}
_MODULES = {module: service.name for service in SERVICES for module in service.modules}
_HOST = re.compile(r"(?<![\w.-])((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24})(?![\w-])")
_KEY = re.compile(r"(?<![A-Z0-9_])(?:" + "|".join(sorted(_BY_KEY, key=len, reverse=True)) + r")(?![A-Z0-9_])")
_BEDROCK = re.compile(r"(bedrock|sagemaker)[a-z-]*\.[a-z0-9-]+\.amazonaws\.com$")
ASKING = re.compile(
    r"https?://([^\s/\"'`<>?#]+)[^\s\"'`<>?#]*/(?:chat/completions|completions|embeddings|v1/messages|v1/responses|"
    r"api/generate|api/chat|v2/models/[\w.-]+/infer)\b"
)
"""An address whose path is one that models answer; the group is its host, with port."""


def service_named(name: str) -> Service:
    """The service of this name, which must be one."""
    return _BY_NAME[name]


def service_of_module(dotted: str) -> str | None:
    """The service whose client a module of Python is.

    >>> service_of_module("google.genai.types"), service_of_module("google.protobuf")
    ('google-ai', None)
    """
    parts = dotted.split(".")
    heads = (".".join(parts[:size]) for size in range(len(parts), 0, -1))
    return next((_MODULES[head] for head in heads if head in _MODULES), None)


def service_of_package(name: str) -> str | None:
    """The service whose client a package of PyPI or npm is."""
    return _BY_PACKAGE.get(name)


def service_of_host(host: str) -> str | None:
    """The service that answers at a host.

    >>> service_of_host("eu.openai.azure.com"), service_of_host("bedrock-runtime.eu-west-1.amazonaws.com")
    ('azure-ai', 'aws-ai')
    """
    bare = host.lower().partition(":")[0].rstrip(".")
    if _BEDROCK.search(bare):
        return "aws-ai"
    for service in SERVICES:
        if any(bare == domain or bare.endswith("." + domain) for domain in service.hosts):
            return service.name
    return None


def services_in(text: str) -> list[tuple[int, str, str]]:
    """Hosts and names of keys in a text: where each begins, the service, and the words that were met."""
    found = []
    for match in _HOST.finditer(text):
        service = service_of_host(match[1])
        if service is not None:
            found.append((match.start(), service, match[1]))
    found += [(match.start(), _BY_KEY[match[0]], match[0]) for match in _KEY.finditer(text)]
    return sorted(found)
