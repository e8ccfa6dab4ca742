"""Fine-tuning: chat rows, the QLoRA recipe, the training function; no Ray here."""
