package io.llmproxy.convert.gemini;

import io.llmproxy.convert.codec.CallIds;
import io.llmproxy.convert.codec.Carriers;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.DataUrl;
import io.llmproxy.convert.codec.Envelope;
import io.llmproxy.convert.codec.Extras;
import io.llmproxy.convert.codec.Notes;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.Node;
import io.llmproxy.convert.model.Opaque;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Source;
import io.llmproxy.convert.model.Turn;
import io.llmproxy.convert.model.Turn.Role;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads contents into turns. Calls need no identifiers here: results find theirs by name and order. */
final class GeminiContents {
    private static final Set<String> MEDIA = Set.of("inlineData", "inline_data", "fileData", "file_data");
    private static final Set<String> PART = Set.of(
            "inlineData", "inline_data", "fileData", "file_data", "thought", "thoughtSignature", "thought_signature");

    private final Notes notes;
    private final List<Turn> turns = new ArrayList<>();
    private final List<Part.ToolCall> open = new ArrayList<>();

    GeminiContents(Notes notes) {
        this.notes = notes;
    }

    List<Turn> read(Node instruction, Node contents) {
        if (instruction.exists()) {
            List<Part> parts = new ArrayList<>();
            for (Node part : instruction.isText() ? List.of(instruction) : texts(instruction)) {
                parts.add(new Part.Text(
                        part.isText() ? part.text() : part.get("text").text()));
            }
            turns.add(new Turn(Role.SYSTEM, parts, null, instruction));
        }
        for (Node content : contents.itemsOrOne()) {
            if (content.isText()) {
                turns.add(new Turn(Role.USER, List.of(new Part.Text(content.text())), null, content));
            } else {
                content(content);
            }
        }
        return turns;
    }

    private static List<Node> texts(Node instruction) {
        return instruction.get("parts").itemsOrOne();
    }

    private void content(Node content) {
        String role = content.get("role").textOr("user");
        List<Node> parts = content.get("parts").itemsOrOne();
        switch (role) {
            case "model" -> model(content, parts);
            case "user", "function", "tool" -> user(content, parts);
            default -> throw content.get("role").mismatch("must be user or model");
        }
    }

    private void model(Node content, List<Node> nodes) {
        Turn last = turns.isEmpty() ? null : turns.get(turns.size() - 1);
        if (last == null || last.role() != Role.ASSISTANT) {
            open.clear();
        }
        List<Part> parts = new ArrayList<>();
        for (Node node : nodes) {
            said(node, parts);
        }
        turns.add(new Turn(Role.ASSISTANT, parts, null, content));
    }

    private void user(Node content, List<Node> nodes) {
        List<Part> results = new ArrayList<>();
        List<Part> said = new ArrayList<>();
        for (Node node : nodes) {
            Node response = node.get("functionResponse", "function_response");
            if (response.exists()) {
                results.add(result(response));
            } else {
                said.add(part(node));
            }
        }
        if (!results.isEmpty()) {
            turns.add(new Turn(Role.TOOL, results, null, content));
        }
        if (!said.isEmpty() || results.isEmpty()) {
            turns.add(new Turn(Role.USER, said, null, content));
        }
    }

    private void said(Node node, List<Part> parts) {
        List<Envelope> envelopes = new ArrayList<>(0);
        Opaque own = signature(node, envelopes);
        for (Envelope envelope : envelopes) {
            if (envelope.opaque().kind() == Opaque.Kind.SIGNATURE
                    || envelope.opaque().kind() == Opaque.Kind.REDACTED) {
                parts.add(Carriers.reasoning(envelope, ""));
            }
        }
        Node call = node.get("functionCall", "function_call");
        if (call.exists()) {
            parts.add(call(call, own));
        } else if (node.get("thought").isTrue()) {
            String text = node.get("text").textOr("");
            if (!text.isEmpty() && envelopes.isEmpty()) {
                parts.add(new Part.Reasoning(Part.Reasoning.Kind.SUMMARY, List.of(text), null));
            }
        } else if (node.get("text").exists()) {
            String text = node.get("text").text();
            Opaque signed = own == null ? null : new Opaque(own.family(), Opaque.Kind.TEXT, own.value());
            if (!text.isEmpty() || signed != null) {
                parts.add(new Part.Text(text, List.of(), null, signed));
            }
        } else {
            parts.add(part(node));
        }
    }

    /** Returns Google's own signature; what another provider's client was given goes into the list. */
    private static @Nullable Opaque signature(Node node, List<Envelope> envelopes) {
        Node signature = node.get("thoughtSignature", "thought_signature");
        if (!signature.exists()) {
            return null;
        }
        String value = signature.text();
        try {
            String text = new String(
                    Base64.getDecoder().decode(value.replace('-', '+').replace('_', '/')), StandardCharsets.UTF_8);
            if (Envelope.isOne(text)) {
                envelopes.addAll(Envelope.openAll(text));
                return null;
            }
        } catch (IllegalArgumentException e) {
            // Then it is Google's, or the value that skips the check.
            return new Opaque("gemini", Opaque.Kind.CALL, value);
        }
        return new Opaque("gemini", Opaque.Kind.CALL, value);
    }

    private Part call(Node call, @Nullable Opaque opaque) {
        String name = call.get("name").text();
        Json.Obj args = call.get("args").objectOrNull();
        String arguments = args == null ? "{}" : args.text();
        String id = call.get("id").textOr("");
        Part.ToolCall read = new Part.ToolCall(
                id.isEmpty() ? CallIds.ofHistory(turns.size(), open.size(), name, arguments) : id,
                name,
                null,
                arguments,
                false,
                opaque,
                call);
        open.add(read);
        return read;
    }

    private Part result(Node response) {
        String name = response.get("name").textOr("");
        String id = response.get("id").textOr("");
        Part.ToolCall answered = null;
        for (Part.ToolCall call : open) {
            if (answered == null
                    && (id.isEmpty() ? call.name().equals(name) : call.id().equals(id))) {
                answered = call;
            }
        }
        if (answered == null) {
            String path = response.path();
            throw ConversionException.invalid(
                    path, path + " is the result of a call that is not in the turn before it");
        }
        open.remove(answered);
        Json.Obj body = response.get("response").objectOrNull();
        List<Part> parts = new ArrayList<>();
        boolean error =
                body != null && body.get("error") != null && body.members().size() == 1;
        parts.add(new Part.Text(text(body, error)));
        for (Node inner : response.get("parts").items()) {
            parts.add(part(inner));
        }
        return new Part.ToolResult(answered.id(), name, parts, error, false, null, response);
    }

    private static String text(Json.@Nullable Obj body, boolean error) {
        if (body == null) {
            return "";
        }
        Json only = body.members().size() == 1 ? body.get(error ? "error" : "output") : null;
        if (only == null && body.members().size() == 1) {
            only = body.get("result");
        }
        return only instanceof Json.Str text ? text.value() : only != null && error ? only.text() : body.text();
    }

    private Part part(Node node) {
        if (MEDIA.stream().anyMatch(member -> node.get(member).exists())) {
            Extras.note(node, PART, notes);
        }
        Node text = node.get("text");
        if (text.exists()) {
            return new Part.Text(text.text());
        }
        Node inline = node.get("inlineData", "inline_data");
        if (inline.exists()) {
            Node data = inline.get("data");
            return media(
                    new Source.Inline(
                            DataUrl.mediaType(
                                    inline.get("mimeType", "mime_type").text()),
                            DataUrl.clean(data.text().replace('-', '+').replace('_', '/'))),
                    inline.get("mimeType", "mime_type").text(),
                    inline.get("displayName", "display_name").textOrNull(),
                    node);
        }
        Node file = node.get("fileData", "file_data");
        if (file.exists()) {
            String uri = file.get("fileUri", "file_uri").text();
            boolean known = uri.startsWith("https://") && !uri.contains("generativelanguage.googleapis.com");
            String type = file.get("mimeType", "mime_type").textOr("");
            return media(known ? new Source.Url(uri, type) : new Source.FileId(uri), type, null, node);
        }
        return foreign(node);
    }

    private static Part media(Source source, String mediaType, @Nullable String name, Node node) {
        String type = DataUrl.mediaType(mediaType);
        if (type.startsWith("audio/")) {
            return new Part.Audio(source, node);
        }
        if (type.startsWith("video/")) {
            return new Part.Video(source, node);
        }
        return type.startsWith("image/") || (type.isEmpty() && source instanceof Source.Url)
                ? new Part.Image(source, null, null, node)
                : new Part.Document(source, null, null, name, false, null, node);
    }

    private Part foreign(Node node) {
        String type = node.object().members().isEmpty()
                ? "empty"
                : node.object().members().keySet().iterator().next();
        boolean informative = node.get("executableCode", "executable_code").exists()
                || node.get("codeExecutionResult", "code_execution_result").exists();
        if (informative) {
            notes.dropped(node.path());
        }
        return new Part.Foreign(type, node.object(), informative, node);
    }
}
