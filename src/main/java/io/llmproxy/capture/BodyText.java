package io.llmproxy.capture;

import io.llmproxy.convert.json.Json;
import org.jspecify.annotations.Nullable;

/** Makes something to read of a body: JSON as JSON, text as text, of anything else its size and its digest. */
final class BodyText {
    private static final String DATA = "data: ";
    private static final String DONE = "[DONE]";

    private final Redaction redaction;
    private final int most;
    private final int decoded;

    /**
     * @param most how many bytes of a body are shown
     * @param decoded how many bytes of a compressed body are read
     */
    BodyText(Redaction redaction, int most, int decoded) {
        this.redaction = redaction;
        this.most = most;
        this.decoded = decoded;
    }

    /** Returns headers and body as an object. */
    Json.Obj of(Body body) {
        Json.Obj headers = new Json.Obj();
        body.headers().forEach(headers::put);
        Json.Obj shown = new Json.Obj();
        if (!headers.isEmpty()) {
            shown.put("headers", headers);
        }
        shown.put("bytes", body.bytes());
        byte[] kept = body.kept();
        if (kept.length > 0) {
            show(shown, Plain.of(kept, body.headers(), decoded), kept, body);
        } else if (!body.isWhole()) {
            shown.put("cut", true);
        }
        return shown;
    }

    private void show(Json.Obj shown, @Nullable Plain plain, byte[] kept, Body body) {
        String type = body.headers().getOrDefault("content-type", "");
        String text = plain == null ? null : plain.text();
        if (plain == null || text == null) {
            shown.put("sha256", Redaction.digest(kept));
            cut(shown, !body.isWhole());
        } else if (type.contains("event-stream")) {
            clip(shown, events(text), !body.isWhole());
        } else {
            Json json = plain.json();
            if (json == null) {
                // Where members are to be left out and cannot be found, nothing of it is shown.
                boolean hidden = redaction.hasMembers();
                clip(shown, hidden ? "" : text, hidden || !body.isWhole());
            } else {
                show(shown, redaction.of(json));
            }
        }
    }

    private void show(Json.Obj shown, Json json) {
        String text = json.text();
        if (text.length() <= most) {
            shown.put("body", json);
        } else {
            clip(shown, text, true);
        }
    }

    private void clip(Json.Obj shown, String text, boolean cut) {
        shown.put("body", text.length() <= most ? text : text.substring(0, most));
        cut(shown, cut || text.length() > most);
    }

    private static void cut(Json.Obj shown, boolean cut) {
        if (cut) {
            shown.put("cut", true);
        }
    }

    private String events(String stream) {
        StringBuilder shown = new StringBuilder(stream.length());
        StreamText.read(stream, new StreamText.Told() {
            @Override
            public void data(String data) {
                event(data).lines().forEach(line -> add(DATA + line));
            }

            @Override
            public void field(String line) {
                add(line);
            }

            @Override
            public void unknown(String line) {
                add(redaction.hasMembers() ? DATA + Masked.MASK : line);
            }

            @Override
            public void blank() {
                add("");
            }

            private void add(String line) {
                shown.append(line).append('\n');
            }
        });
        return shown.toString();
    }

    private String event(String data) {
        String text = data.strip();
        Json json = text.startsWith("{") || text.startsWith("[") ? Plain.json(text) : null;
        if (json != null) {
            return redaction.of(json).text();
        }
        return redaction.hasMembers() && !text.equals(DONE) ? Masked.MASK : data;
    }
}
