package io.llmproxy.convert.gemini;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Part;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Where the words of an answer are found in the web, as citations of OpenAI's. */
final class GeminiGrounding {
    private GeminiGrounding() {}

    /** Puts the citations on the words, if there is one text that they can belong to. */
    static void cite(Json.Obj candidate, List<Part> parts) {
        Json.Obj grounding = candidate.object("groundingMetadata");
        List<Part> texts = parts.stream().filter(Part.Text.class::isInstance).toList();
        if (grounding == null || texts.size() != 1 || !(texts.get(0) instanceof Part.Text text)) {
            return;
        }
        List<Json> citations = new ArrayList<>();
        for (Json support : grounding.array("groundingSupports")) {
            if (support instanceof Json.Obj object) {
                support(object, grounding.array("groundingChunks"), text.text(), citations);
            }
        }
        parts.set(parts.indexOf(text), new Part.Text(text.text(), citations, text.cache(), text.opaque()));
    }

    private static void support(Json.Obj support, List<Json> chunks, String text, List<Json> citations) {
        Json.Obj segment = support.object("segment");
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        long from = segment == null ? 0 : segment.number("startIndex", 0);
        long to = segment == null ? -1 : segment.number("endIndex", -1);
        if (from < 0 || to < from || to > bytes.length) {
            return;
        }
        for (Json index : support.array("groundingChunkIndices")) {
            int at = index instanceof Json.Num number ? (int) number.asDouble() : -1;
            Json.Obj web = at >= 0 && at < chunks.size() && chunks.get(at) instanceof Json.Obj chunk
                    ? chunk.object("web")
                    : null;
            if (web != null) {
                citations.add(citation(web, characters(bytes, from), characters(bytes, to)));
            }
        }
    }

    /** Google counts bytes. */
    private static int characters(byte[] bytes, long end) {
        return new String(bytes, 0, (int) end, StandardCharsets.UTF_8).length();
    }

    private static Json citation(Json.Obj web, int from, int to) {
        Json.Obj inner = new Json.Obj()
                .put("url", web.string("uri", ""))
                .put("title", web.string("title", ""))
                .put("start_index", from)
                .put("end_index", to);
        return new Json.Obj().put("type", "url_citation").put("url_citation", inner);
    }
}
