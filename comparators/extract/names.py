"""What servers and libraries call the parts of their answers. Facts; nothing here reads.

Readers tell by these which members of an answer are outputs, inference which kind an output is where its values alone
do not say.
"""

from comparators.settings import BoxForm

# An object of numbers with one of these keys is no map from labels to numbers.
OUTPUT_NAMES = frozenset({
    "class", "class_id", "confidence", "label", "label_id", "output", "predicted_label", "prediction", "probability",
    "result", "score", "value",
})  # fmt: skip
ERROR_NAMES = ("error", "error_code", "errors", "ErrorCode")

PROBABILITY_NAMES = frozenset({
    "probabilities",  # TensorFlow's estimators, converters to ONNX
    "output_probability",  # scikit-learn in ONNX
    "probability",  # Spark ML
    "predict_proba", "probs", "softmax",
})  # fmt: skip
LOGITS_NAMES = frozenset({"logits", "logit"})  # Hugging Face Transformers; and what ends in _logits

# Under any other name as many numbers may be anything (a forecast).
EMBEDDING_NAMES = frozenset({
    "embedding",  # OpenAI
    "embeddings",  # Ollama, Cohere, SageMaker's Object2Vec
    "vector",  # SageMaker's BlazingText
    "sentence_embedding", "token_embeddings",  # Sentence Transformers
    "last_hidden_state", "pooler_output", "text_embeds", "image_embeds",  # Hugging Face Transformers
})  # fmt: skip

# Whole numbers under these are no counts, however many different ones there are.
LABEL_NAMES = frozenset({
    "label", "labels", "class", "classes", "class_id", "class_ids", "class_index", "category", "category_id",
    "label_id", "predicted_label", "predicted_class",
    "output_label",  # scikit-learn in ONNX
})  # fmt: skip

# Objects with an id and a score are a ranking; without scores a list is one where its name says so.
ID_NAMES = ("id", "item_id")
RANKED_BY = ("score", "relevance")
RANKING_NAMES = frozenset({
    "ranked", "ranked_items", "ranking", "rankings", "recommendations", "recommended", "recommended_items", "top_k",
    "topk",
})  # fmt: skip

# A number alone in an answer is what the model says, but not under these names, or with these ends.
NO_AMOUNTS = frozenset({
    "count", "created", "date", "elapsed", "id", "latency", "modified", "now", "seed", "time", "took", "ts", "updated",
    "uptime", "uuid", "version",
})  # fmt: skip
NO_AMOUNT_ENDS = ("_at", "_count", "_id", "_ms", "_s", "_ts", "_version", "createdat", "timestamp", "updatedat")

# ---- objects detected in images

BOX_NAMES = frozenset({"bbox", "bounding_box", "box", "xmin"})  # an object with one of these is a detection
BOX_KEYS = ("box", "bbox", "bounding_box", "boxes")
LABEL_KEYS = ("label", "class", "category", "name", "class_id", "category_id")
SCORE_KEYS = ("score", "confidence")
IMAGE_KEY = "image_id"  # COCO's results are one list of the boxes of all images
COCO_KEY = "category_id"  # beside it, COCO's `bbox` is the top left corner and the size
NAMED_BOXES: tuple[tuple[tuple[str, str, str, str], BoxForm], ...] = (  # names of the four numbers, and what they are
    (("xmin", "ymin", "xmax", "ymax"), "xyxy"),  # Hugging Face's pipelines
    (("x1", "y1", "x2", "y2"), "xyxy"),  # Ultralytics
    (("x", "y", "width", "height"), "xywh"),
    (("x", "y", "w", "h"), "xywh"),
)
# Boxes, labels and scores as lists of their own, of one length; the number of those that are meant, where there is one.
APART = (
    (("boxes", "labels", "scores"), ""),  # torchvision, Hugging Face's processors
    (("bboxes", "labels", "scores"), ""),  # MMDetection
    (("pred_boxes", "pred_classes", "scores"), ""),  # Detectron2
    (("detection_boxes", "detection_classes", "detection_scores"), "num_detections"),  # TensorFlow's detection API
    (("det_boxes", "det_classes", "det_scores"), "num_dets"),  # exports with TensorRT's suppression of overlaps
)
