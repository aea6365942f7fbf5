package io.llmproxy.convert.gemini;

import io.llmproxy.convert.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How sure the model was of each token, as OpenAI tells it. */
final class GeminiLogprobs {
    private GeminiLogprobs() {}

    /** Returns the tokens of a candidate in OpenAI's form; null if it tells none. */
    static Json.@Nullable Arr of(Json.Obj candidate) {
        Json.Obj result = candidate.object("logprobsResult");
        if (result == null) {
            return null;
        }
        List<Json> others = result.array("topCandidates");
        Json.Arr tokens = new Json.Arr();
        for (Json chosen : result.array("chosenCandidates")) {
            if (chosen instanceof Json.Obj token) {
                int index = tokens.items().size();
                tokens.add(token(token)
                        .put("top_logprobs", index < others.size() ? top(others.get(index)) : new Json.Arr()));
            }
        }
        return tokens.isEmpty() ? null : tokens;
    }

    private static Json.Arr top(Json others) {
        Json.Arr top = new Json.Arr();
        for (Json other : others instanceof Json.Obj object ? object.array("candidates") : List.<Json>of()) {
            if (other instanceof Json.Obj token) {
                top.add(token(token));
            }
        }
        return top;
    }

    private static Json.Obj token(Json.Obj token) {
        String text = token.string("token", "");
        Json.Arr bytes = new Json.Arr();
        for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
            bytes.add(Json.Num.of(one & 0xff));
        }
        Json logprob = token.get("logProbability");
        return new Json.Obj()
                .put("token", text)
                .put("logprob", logprob == null ? Json.Num.of(0) : logprob)
                .put("bytes", bytes);
    }
}
