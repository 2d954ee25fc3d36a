"""A scorer behind HTTP, in 20 lines: a completion's score is 1 when it is polite.

Run it with `python3 http_scorer.py 8600`, and configure a scorer of kind `http` with `url: http://127.0.0.1:8600/`.
"""
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def score(request):
    text = request["completion"].lower()
    if not text.strip():
        return {"rejected": "an empty completion is neither polite nor rude"}
    return {"value": 1.0 if "please" in text else 0.0, "details": {"length": str(len(text))}}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        outcomes = [{"id": request["id"], **score(request)} for request in body["batch"]]
        answer = json.dumps({"outcomes": outcomes}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("listening on port", server.server_port, flush=True)
server.serve_forever()
