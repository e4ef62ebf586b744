"""From an answer's bytes to a typed output, and from a request's to what it asks.

    output.py       what an answer turns out to be: outputs by name, each a typed value
    detect.py       which protocol an answer speaks
    template.py     a request's path with its ids folded
    version.py      which model answered
    reading.py      the table of protocols: an answer's body in, its reading out

    oip.py          Open Inference Protocol V2, in JSON and with binary tensors; oip_elements.py, oip_layout.py,
                    oip_classification.py, oip_generate.py: its extensions; oip_detections.py: boxes in parts
    kserve_v1.py    KServe V1                          tf_serving.py  TensorFlow Serving
    mlflow.py       MLflow's /invocations              sagemaker.py   SageMaker's JSON, JSON Lines and CSV
    openai.py       chat, completions, embeddings      openai_stream.py, sse.py: streamed ones; spoken_events.py: where
                    in a streamed answer its output stands
    output_selection.py  outputs chosen by the settings; selector.py: pointers and JMESPath, compiled
    torchserve.py   its maps from labels               plain_text.py  a body that is text
    named_model.py  the model a request names          lenient.py     JSON that is not strictly JSON
    document.py     any JSON                           shaping.py, together.py: rows of JSON as values
    json_outputs.py typed outputs inside any JSON      names.py: what servers call the parts of their answers
    lone_number.py  a number that is all of it         csv_text.py    CSV

    request_body.py  a request's body, parsed once; each protocol's `asked` tells what it asks, by name
    oip_inputs.py    of V2, in JSON and with binary tensors; the others beside their answers
    asking.py        where a protocol says no more     columns.py, leaves.py: tables, and objects however deep

Nothing here compares. What cannot be read is said with `Unreadable`; never guessed, never a match.
"""
