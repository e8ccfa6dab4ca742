"""The pocket model: a base model of 1.6 million parameters that lies in the repository.

It lets anybody try generate → fine-tune → evaluate without a GPU or a download. It is trained from nothing by
`python -m pipeline.finetune.pocket OUT` on generated documents (`corpus`), none of which is of the kind that the
built-in tasks are about.
"""

from pathlib import Path

MODEL_DIR = Path(__file__).with_name("model")
"""The shipped folder, for AutoTokenizer and AutoModelForCausalLM."""
