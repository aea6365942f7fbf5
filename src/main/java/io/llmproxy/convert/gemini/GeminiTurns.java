package io.llmproxy.convert.gemini;

import io.llmproxy.convert.codec.Attempt;
import io.llmproxy.convert.codec.DataUrl;
import io.llmproxy.convert.codec.Results;
import io.llmproxy.convert.codec.Tools;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Source;
import io.llmproxy.convert.model.Turn;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes turns as contents: user and model take turns, and the user begins. */
final class GeminiTurns {
    /** Google documents it for a history that another model made. */
    private static final String BYPASS = "skip_thought_signature_validator";

    private static final String BEGIN = "<system-reminder>";
    private static final String END = "</system-reminder>";

    private final Attempt attempt;
    private final Json.Arr contents = new Json.Arr();
    private final Set<String> toldAsText = new HashSet<>();
    private String lastRole = "";
    private Json.Arr last = new Json.Arr();

    GeminiTurns(Attempt attempt) {
        this.attempt = attempt;
    }

    Json.Arr written() {
        return contents;
    }

    /** Lets the user say what was an instruction, where there is nothing else. */
    void begin(Json part) {
        if (part instanceof Json.Obj object) {
            append("user", object);
        }
    }

    void add(List<Turn> turns) {
        turns.forEach(this::turn);
    }

    private void turn(Turn turn) {
        switch (turn.role()) {
            case SYSTEM, DEVELOPER -> instruction(turn);
            case USER -> turn.parts().forEach(part -> append("user", part(part)));
            case ASSISTANT -> assistant(turn);
            case TOOL -> results(turn);
        }
    }

    private void instruction(Turn turn) {
        String text = turn.text();
        if (text.isEmpty()) {
            return;
        }
        boolean first = contents.isEmpty();
        if (!first) {
            attempt.notes().emulated(turn.at().path());
        }
        append("user", text(first ? text : BEGIN + text + END));
    }

    private void append(String role, Json.@Nullable Obj part) {
        if (part == null) {
            return;
        }
        if (contents.isEmpty() && !role.equals("user")) {
            attempt.notes().emulated("messages");
            append("user", text("Continue."));
        }
        if (!role.equals(lastRole)) {
            lastRole = role;
            last = new Json.Arr();
            contents.add(new Json.Obj().put("role", role).put("parts", last));
        }
        last.add(part);
    }

    private static Json.Obj text(String text) {
        return new Json.Obj().put("text", text);
    }

    private void assistant(Turn turn) {
        boolean signed = false;
        for (Part part : turn.parts()) {
            if (part instanceof Part.ToolCall call) {
                String signature = own(call.opaque());
                if (signature == null && !signed && attempt.capabilities().signaturesRequired()) {
                    if (attempt.capabilities().bypassAsText()) {
                        attempt.notes().emulated(call.at().path());
                        toldAsText.add(call.id());
                        append("model", text("[called " + call.name() + " with " + call.arguments() + "]"));
                        continue;
                    }
                    signature = BYPASS;
                }
                signed = true;
                append("model", call(call, signature));
            } else if (part instanceof Part.Text text) {
                String signature = own(text.opaque());
                if (!text.text().isEmpty() || signature != null) {
                    append("model", text(text.text()).put("thoughtSignature", signature));
                }
            } else if (part instanceof Part.Refusal refusal) {
                append("model", text(refusal.text()));
            } else if (part instanceof Part.Reasoning) {
                attempt.notes().dropped("reasoning");
            } else {
                Tools.skipInHistory(part, attempt.notes());
            }
        }
    }

    private @Nullable String own(@Nullable Opaque opaque) {
        return opaque != null && opaque.family().equals(attempt.family()) ? opaque.value() : null;
    }

    private Json.Obj call(Part.ToolCall call, @Nullable String signature) {
        Json.Obj function = new Json.Obj();
        if (attempt.capabilities().functionIds()) {
            function.put("id", call.id());
        }
        function.put("name", attempt.names().up(call.namespace(), call.name())).put("args", Tools.arguments(call));
        return new Json.Obj().put("functionCall", function).put("thoughtSignature", signature);
    }

    private void results(Turn turn) {
        List<Part> after = new ArrayList<>();
        for (Part part : turn.parts()) {
            if (part instanceof Part.ToolResult result) {
                append("user", result(result, after));
            }
        }
        after.forEach(part -> append("user", part(part)));
    }

    private Json.Obj result(Part.ToolResult result, List<Part> after) {
        if (toldAsText.contains(result.callId())) {
            after.addAll(Results.media(result));
            return text("[result of " + result.name() + ": " + Results.text(result) + "]");
        }
        Json.Obj response = new Json.Obj();
        if (attempt.capabilities().functionIds()) {
            response.put("id", result.callId());
        }
        if (result.cache() != null) {
            attempt.notes().dropped("cache_control");
        }
        response.put("name", attempt.names().up(null, result.name() == null ? "" : result.name()));
        List<Part> media = Results.media(result);
        boolean inside = attempt.capabilities().toolImages();
        response.put("response", response(result, inside));
        if (inside && !media.isEmpty()) {
            Json.Arr parts = new Json.Arr();
            for (Part part : media) {
                Json.Obj written = part(part);
                if (written != null) {
                    parts.add(written);
                }
            }
            response.put("parts", parts);
        } else {
            after.addAll(media);
        }
        return new Json.Obj().put("functionResponse", response);
    }

    private static Json.Obj response(Part.ToolResult result, boolean inside) {
        String text = inside ? Results.spoken(result) : Results.plain(result);
        if (result.error()) {
            return new Json.Obj().put("error", text);
        }
        Json.Obj object = text.startsWith("{") ? JsonReader.object(text) : null;
        return object != null ? object : new Json.Obj().put("output", text);
    }

    private Json.@Nullable Obj part(Part part) {
        if (part instanceof Part.Text text) {
            if (text.cache() != null) {
                attempt.notes().dropped("cache_control");
            }
            return text.text().isEmpty() ? null : text(text.text());
        }
        if (part instanceof Part.Image image) {
            if (image.detail() != null && !image.detail().equals("auto")) {
                attempt.notes().dropped(image.at().path() + ".detail");
            }
            return media(image.source(), "image/jpeg", image.at().path());
        }
        if (part instanceof Part.Document document) {
            return document(document);
        }
        if (part instanceof Part.Audio audio) {
            return media(audio.source(), "audio/mp3", audio.at().path());
        }
        if (part instanceof Part.Video video) {
            return media(video.source(), "video/mp4", video.at().path());
        }
        throw Tools.foreign(part, attempt.notes());
    }

    private Json.Obj document(Part.Document document) {
        if (document.context() != null) {
            attempt.notes().dropped(document.at().path() + ".context");
        }
        if (document.citations()) {
            attempt.notes().lost(document.at().path() + ".citations", "citations are not supported");
        }
        if (Results.isText(document)) {
            return text(Results.text(document));
        }
        return media(document.source(), "application/pdf", document.at().path());
    }

    private Json.Obj media(Source source, String usual, String path) {
        if (source instanceof Source.Inline inline) {
            Json.Obj data = new Json.Obj().put("mimeType", inline.mediaType()).put("data", inline.base64());
            return new Json.Obj().put("inlineData", data);
        }
        if (source instanceof Source.Url url && attempt.capabilities().urlImages()) {
            String byName = DataUrl.mediaTypeOfFile(url.url());
            String guess = byName.startsWith(usual.substring(0, usual.indexOf('/'))) ? byName : usual;
            String type = url.mediaType() == null || url.mediaType().isEmpty() ? guess : url.mediaType();
            return new Json.Obj()
                    .put("fileData", new Json.Obj().put("mimeType", type).put("fileUri", url.url()));
        }
        throw attempt.notes()
                .unsupported(
                        path,
                        source instanceof Source.Url
                                ? "the upstream does not fetch URLs; send the data itself"
                                : "a file ID is valid only at the provider that issued it; send the data itself");
    }
}
