package io.llmproxy.convert;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.model.Dialect;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Requests of each dialect, with any of the members that conversion knows. */
final class RandomRequests {
    private static final String PIXEL = "iVBORw0KGgo=";

    private final Dialect dialect;
    private final Random random;
    private final RandomAnswers words;
    private int calls;
    private int marks;

    RandomRequests(Dialect dialect, Random random) {
        this.dialect = dialect;
        this.random = random;
        this.words = new RandomAnswers(random);
    }

    Json.Obj next() {
        calls = 0;
        marks = 0;
        return switch (dialect) {
            case CHAT -> chat();
            case RESPONSES -> responses();
            case MESSAGES -> messages();
            case GEMINI -> gemini();
        };
    }

    private Json.Obj chat() {
        Json.Arr messages = new Json.Arr();
        if (sometimes()) {
            messages.add(role(any("system", "developer")).put("content", words.words()));
        }
        messages.add(role("user").put("content", content()));
        for (int rounds = random.nextInt(3); rounds > 0; rounds--) {
            Json.Obj said = role("assistant").put("content", words.words());
            messages.add(said);
            Json.Arr called = new Json.Arr();
            List<Json.Obj> results = new ArrayList<>();
            for (int count = random.nextInt(3); count > 0; count--) {
                Json.Obj function = new Json.Obj()
                        .put("name", "tool" + random.nextInt(3))
                        .put("arguments", words.object().text());
                String id = "call_" + ++calls;
                called.add(new Json.Obj().put("id", id).put("type", "function").put("function", function));
                results.add(role("tool").put("tool_call_id", id).put("content", words.words()));
            }
            said.put("tool_calls", called.isEmpty() ? null : called);
            results.forEach(messages::add);
            messages.add(role("user").put("content", content()));
        }
        Json.Obj body = new Json.Obj().put("model", "m").put("messages", messages);
        number(body, any("max_tokens", "max_completion_tokens"), "4096");
        number(body, "temperature", "1.70");
        number(body, "top_p", "0.90");
        number(body, "seed", "12345678901");
        number(body, "n", "2");
        number(body, "frequency_penalty", "-1.5");
        number(body, "presence_penalty", "0.25");
        if (sometimes()) {
            body.put("logprobs", true);
            number(body, "top_logprobs", "3");
        }
        if (sometimes()) {
            body.put(
                    "stop",
                    sometimes()
                            ? new Json.Str("END")
                            : new Json.Arr().add("a").add(" \n").add("b"));
        }
        text(body, "verbosity", "low", "high");
        text(body, "reasoning_effort", "none", "minimal", "low", "medium", "high", "xhigh", "max");
        text(body, any("user", "safety_identifier"), "somebody");
        text(body, "prompt_cache_key", "key");
        text(body, "service_tier", "auto", "default", "flex", "priority", "scale");
        if (sometimes()) {
            body.put("metadata", new Json.Obj().put("a", "b"));
        }
        if (sometimes()) {
            body.put("stream", true);
        }
        if (sometimes()) {
            Json.Obj schema = strict(named("answer").put("schema", schema()));
            text(schema, "description", "what it is");
            body.put(
                    "response_format",
                    sometimes()
                            ? new Json.Obj().put("type", "json_object")
                            : new Json.Obj().put("type", "json_schema").put("json_schema", schema));
        }
        if (calls > 0 || sometimes()) {
            Json.Arr tools = new Json.Arr();
            for (int number = 0; number < 3; number++) {
                Json.Obj function = strict(named("tool" + number));
                text(function, "description", "does it");
                schema(function, "parameters");
                tools.add(new Json.Obj().put("type", "function").put("function", function));
            }
            body.put("tools", tools);
            flag(body, "parallel_tool_calls");
            body.put(
                    "tool_choice",
                    json(any(
                            "null",
                            "'auto'",
                            "'none'",
                            "'required'",
                            "{'type':'function','function':{'name':'tool1'}}",
                            "{'type':'allowed_tools','allowed_tools':{'mode':'required','tools':["
                                    + "{'type':'function','function':{'name':'tool2'}}]}}")));
        }
        return body;
    }

    private Json.Obj responses() {
        Json.Arr input = new Json.Arr();
        input.add(item("message").put("role", "user").put("content", content()));
        for (int rounds = random.nextInt(3); rounds > 0; rounds--) {
            if (sometimes()) {
                Json.Obj thought = new Json.Obj().put("type", "summary_text").put("text", words.words());
                input.add(item("reasoning")
                        .put("id", "rs_" + rounds)
                        .put("summary", new Json.Arr().add(thought))
                        .put("encrypted_content", "c2VhbGVk" + rounds));
            }
            Json.Obj said = new Json.Obj().put("type", "output_text").put("text", words.words());
            input.add(item("message").put("role", "assistant").put("content", new Json.Arr().add(said)));
            List<Json.Obj> results = new ArrayList<>();
            for (int count = random.nextInt(3); count > 0; count--) {
                String id = "call_" + ++calls;
                boolean custom = sometimes();
                input.add(item(custom ? "custom_tool_call" : "function_call")
                        .put("call_id", id)
                        .put("name", custom ? "free" : "tool" + random.nextInt(3))
                        .put(
                                custom ? "input" : "arguments",
                                custom ? words.words() : words.object().text()));
                results.add(item(custom ? "custom_tool_call_output" : "function_call_output")
                        .put("call_id", id)
                        .put("output", sometimes() ? new Json.Str(words.words()) : content()));
            }
            results.forEach(input::add);
            input.add(item("message")
                    .put("role", any("user", "developer"))
                    .put("content", new Json.Arr().add(textPart("input_text"))));
        }
        Json.Obj body = new Json.Obj().put("model", "m").put("input", input);
        text(body, "instructions", "Be brief.");
        number(body, "max_output_tokens", "4096");
        number(body, "temperature", "1.70");
        number(body, "top_p", "0.90");
        number(body, "top_logprobs", "3");
        text(body, any("user", "safety_identifier"), "somebody");
        text(body, "prompt_cache_key", "key");
        text(body, "service_tier", "auto", "default", "flex", "priority");
        if (sometimes()) {
            body.put("metadata", new Json.Obj().put("a", "b"));
        }
        if (sometimes()) {
            body.put("stream", true);
        }
        if (sometimes()) {
            Json.Obj reasoning = new Json.Obj();
            text(reasoning, "effort", "minimal", "low", "medium", "high", "xhigh", "max");
            text(reasoning, "summary", "auto", "detailed");
            body.put("reasoning", reasoning);
        }
        if (sometimes()) {
            Json.Obj schema = strict(named("answer").put("type", "json_schema").put("schema", schema()));
            text(schema, "description", "what it is");
            Json.Obj text =
                    new Json.Obj().put("format", sometimes() ? new Json.Obj().put("type", "json_object") : schema);
            text(text, "verbosity", "low", "high");
            body.put("text", text);
        }
        if (calls > 0 || sometimes()) {
            Json.Arr tools = new Json.Arr();
            for (int number = 0; number < 3; number++) {
                Json.Obj function = strict(named("tool" + number).put("type", "function"));
                text(function, "description", "does it");
                schema(function, "parameters");
                tools.add(function);
            }
            tools.add(named("free").put("type", "custom").put("format", new Json.Obj().put("type", "text")));
            body.put("tools", tools);
            flag(body, "parallel_tool_calls");
            body.put(
                    "tool_choice",
                    json(any(
                            "null",
                            "'auto'",
                            "'none'",
                            "'required'",
                            "{'type':'function','name':'tool1'}",
                            "{'type':'custom','name':'free'}",
                            "{'type':'allowed_tools','mode':'auto','tools':[{'type':'function','name':'tool2'}]}")));
        }
        return body;
    }

    private Json.Obj messages() {
        boolean thinks = sometimes();
        Json.Arr messages = new Json.Arr();
        messages.add(role("user").put("content", content()));
        for (int rounds = random.nextInt(3); rounds > 0; rounds--) {
            Json.Arr said = new Json.Arr();
            // Without, a model that thinks by budget could not go on after its calls.
            if (thinks || sometimes()) {
                said.add(item("thinking").put("thinking", words.words()).put("signature", "c2lnbmVk" + rounds));
            }
            said.add(textPart("text"));
            Json.Arr results = new Json.Arr();
            for (int count = random.nextInt(3); count > 0; count--) {
                String id = "toolu_" + ++calls;
                said.add(item("tool_use")
                        .put("id", id)
                        .put("name", "tool" + random.nextInt(3))
                        .put("input", words.object()));
                Json.Obj result = item("tool_result")
                        .put("tool_use_id", id)
                        .put("content", sometimes() ? new Json.Str(words.words()) : seen());
                if (sometimes()) {
                    result.put("is_error", true);
                }
                results.add(mark(result));
            }
            messages.add(role("assistant").put("content", said));
            content().items().forEach(results::add);
            messages.add(role("user").put("content", results));
        }
        Json.Obj body = new Json.Obj().put("model", "m").put("max_tokens", 8000).put("messages", messages);
        if (sometimes()) {
            body.put("system", sometimes() ? new Json.Str("Be brief.") : new Json.Arr().add(textPart("text")));
        }
        Json.Obj output = new Json.Obj();
        if (thinks && sometimes()) {
            body.put("thinking", item("enabled").put("budget_tokens", 1024 + random.nextInt(5000)));
        } else if (thinks) {
            body.put("thinking", item("adaptive"));
            text(output, "effort", "low", "medium", "high", "xhigh", "max");
        } else {
            number(body, "temperature", "0.70");
            number(body, "top_p", "0.90");
            number(body, "top_k", "40");
        }
        if (sometimes()) {
            output.put("format", item("json_schema").put("schema", schema()));
        }
        body.put("output_config", output.isEmpty() ? null : output);
        if (sometimes()) {
            body.put(
                    "stop_sequences",
                    new Json.Arr().add("a").add("b").add("c").add("d").add("e"));
        }
        if (sometimes()) {
            body.put("metadata", new Json.Obj().put("user_id", "somebody"));
        }
        text(body, "service_tier", "auto", "standard_only");
        if (sometimes()) {
            body.put("stream", true);
        }
        if (calls > 0 || sometimes()) {
            Json.Arr tools = new Json.Arr();
            for (int number = 0; number < 3; number++) {
                Json.Obj tool = strict(named("tool" + number));
                text(tool, "description", "does it");
                tools.add(mark(tool.put("input_schema", schema())));
            }
            body.put("tools", tools);
            String forced = thinks ? "{'type':'auto'}" : any("{'type':'any'}", "{'type':'tool','name':'tool1'}");
            body.put(
                    "tool_choice",
                    json(any(
                            "null",
                            "{'type':'auto'}",
                            "{'type':'none'}",
                            forced,
                            forced.replace("}", ",'disable_parallel_tool_use':true}"),
                            "{'type':'auto','disable_parallel_tool_use':false}")));
        }
        return body;
    }

    private Json.Obj gemini() {
        Json.Arr contents = new Json.Arr();
        contents.add(role("user").put("parts", content()));
        for (int rounds = random.nextInt(3); rounds > 0; rounds--) {
            Json.Arr said = new Json.Arr().add(new Json.Obj().put("text", words.words()));
            Json.Arr results = new Json.Arr();
            for (int count = random.nextInt(3); count > 0; count--) {
                Json.Obj named = named("tool" + random.nextInt(3)).put("id", "c" + ++calls);
                Json.Obj call = new Json.Obj().put("name", named.get("name")).put("id", named.get("id"));
                said.add(new Json.Obj()
                        .put("functionCall", call.put("args", words.object()))
                        .put("thoughtSignature", "c2lnbmVk"));
                String output = any("output", "error");
                results.add(new Json.Obj()
                        .put("functionResponse", named.put("response", new Json.Obj().put(output, words.words()))));
            }
            contents.add(role("model").put("parts", said));
            content().items().forEach(results::add);
            contents.add(role("user").put("parts", results));
        }
        Json.Obj config = new Json.Obj();
        number(config, "maxOutputTokens", "4096");
        number(config, "temperature", "1.70");
        number(config, "topP", "0.90");
        number(config, "topK", "40");
        number(config, "seed", "12345");
        number(config, "candidateCount", "2");
        number(config, "frequencyPenalty", "-1.5");
        number(config, "presencePenalty", "0.25");
        if (sometimes()) {
            config.put("responseLogprobs", true);
            number(config, "logprobs", "3");
        }
        if (sometimes()) {
            config.put(
                    "stopSequences",
                    new Json.Arr().add("a").add("b").add("c").add("d").add("e"));
        }
        if (sometimes()) {
            Json.Obj thinking = new Json.Obj();
            if (sometimes()) {
                number(thinking, "thinkingBudget", any("0", "-1", "3000"));
            } else {
                text(thinking, "thinkingLevel", "MINIMAL", "LOW", "MEDIUM", "HIGH");
            }
            flag(thinking, "includeThoughts");
            config.put("thinkingConfig", thinking);
        }
        if (sometimes()) {
            config.put("responseMimeType", "application/json");
            if (sometimes()) {
                config.put("responseJsonSchema", schema());
            }
        }
        Json.Obj body = new Json.Obj().put("contents", contents).put("generationConfig", config);
        if (sometimes()) {
            Json.Obj text = new Json.Obj().put("text", "Be brief.");
            body.put("systemInstruction", new Json.Obj().put("parts", new Json.Arr().add(text)));
        }
        text(body, "serviceTier", "flex", "priority", "standard");
        if (calls > 0 || sometimes()) {
            Json.Arr functions = new Json.Arr();
            for (int number = 0; number < 3; number++) {
                Json.Obj function = named("tool" + number);
                text(function, "description", "does it");
                schema(function, "parametersJsonSchema");
                functions.add(function);
            }
            body.put("tools", new Json.Arr().add(new Json.Obj().put("functionDeclarations", functions)));
            Json choice = json(any(
                    "null",
                    "{'mode':'AUTO'}",
                    "{'mode':'NONE'}",
                    "{'mode':'ANY'}",
                    "{'mode':'ANY','allowedFunctionNames':['tool1']}",
                    "{'mode':'ANY','allowedFunctionNames':['tool1','tool2']}"));
            body.put("toolConfig", new Json.Obj().put("functionCallingConfig", choice));
        }
        return body;
    }

    /** What a user says: text, and perhaps an image and a document. */
    private Json.Arr content() {
        Json.Arr content = seen();
        if (random.nextInt(4) == 0) {
            content.add(document());
        }
        return content;
    }

    /** Text, and perhaps an image. */
    private Json.Arr seen() {
        Json.Arr content = new Json.Arr();
        content.add(
                switch (dialect) {
                    case CHAT, MESSAGES -> textPart("text");
                    case RESPONSES -> textPart("input_text");
                    case GEMINI -> new Json.Obj().put("text", words.words());
                });
        if (random.nextInt(3) == 0) {
            content.add(image(sometimes()));
        }
        return content;
    }

    private Json.Obj image(boolean inline) {
        String url = inline ? "data:image/png;base64," + PIXEL : "https://example.test/a.png";
        String source = inline
                ? "{'type':'base64','media_type':'image/png','data':'" + PIXEL + "'}"
                : "{'type':'url','url':'" + url + "'}";
        Json.Obj image = new Json.Obj();
        switch (dialect) {
            case CHAT -> {
                Json.Obj inner = new Json.Obj().put("url", url);
                text(inner, "detail", "low", "high", "auto");
                image.put("type", "image_url").put("image_url", inner);
            }
            case RESPONSES -> {
                image.put("type", "input_image").put("image_url", url);
                text(image, "detail", "low", "high", "auto");
            }
            case MESSAGES -> image.put("type", "image").put("source", json(source));
            case GEMINI ->
                image.put(
                        inline ? "inlineData" : "fileData",
                        new Json.Obj()
                                .put("mimeType", "image/png")
                                .put(inline ? "data" : "fileUri", inline ? PIXEL : url));
        }
        return mark(image);
    }

    private Json.Obj document() {
        String pdf = "data:application/pdf;base64," + PIXEL;
        return switch (dialect) {
            case CHAT ->
                item("file").put("file", new Json.Obj().put("filename", "a.pdf").put("file_data", pdf));
            case RESPONSES -> mark(item("input_file").put("filename", "a.pdf").put("file_data", pdf));
            case MESSAGES -> {
                Json.Obj document = item("document");
                text(document, "title", "a title");
                text(document, "context", "a context");
                if (sometimes()) {
                    document.put("citations", new Json.Obj().put("enabled", true));
                }
                yield mark(document.put(
                        "source",
                        json(any(
                                "{'type':'base64','media_type':'application/pdf','data':'" + PIXEL + "'}",
                                "{'type':'url','url':'https://example.test/a.pdf'}",
                                "{'type':'text','media_type':'text/plain','data':'what it says'}"))));
            }
            case GEMINI ->
                new Json.Obj()
                        .put(
                                "inlineData",
                                new Json.Obj()
                                        .put("mimeType", "application/pdf")
                                        .put("data", PIXEL));
        };
    }

    /** Anthropic takes four of these. */
    private Json.Obj mark(Json.Obj part) {
        if (random.nextInt(3) == 0 && marks < 4 && dialect != Dialect.GEMINI) {
            marks++;
            if (dialect == Dialect.MESSAGES) {
                Json.Obj control = new Json.Obj().put("type", "ephemeral");
                text(control, "ttl", "5m", "1h");
                part.put("cache_control", control);
            } else {
                part.put("prompt_cache_breakpoint", new Json.Obj().put("mode", "explicit"));
            }
        }
        return part;
    }

    private Json.Obj textPart(String type) {
        return mark(item(type).put("text", words.words()));
    }

    /** Each object has all of its members, and no others: what vendors demand of strict schemas. */
    private Json.Obj schema() {
        return (Json.Obj) json("{'type':'object','description':'" + any("a", "b")
                + "','properties':{'x':{'type':'string','enum':['a','b']},'y':{'type':'array','items':{'type':'integer'}}},"
                + "'required':['x','y'],'additionalProperties':false}");
    }

    private void schema(Json.Obj function, String name) {
        if (random.nextInt(4) > 0) {
            function.put(name, schema());
        }
    }

    private Json.Obj strict(Json.Obj object) {
        flag(object, "strict");
        return object;
    }

    private void flag(Json.Obj object, String name) {
        if (sometimes()) {
            object.put(name, sometimes());
        }
    }

    private void number(Json.Obj object, String name, String literal) {
        if (sometimes()) {
            object.put(name, new Json.Num(literal));
        }
    }

    private void text(Json.Obj object, String name, String... values) {
        if (sometimes()) {
            object.put(name, any(values));
        }
    }

    private boolean sometimes() {
        return random.nextBoolean();
    }

    private String any(String... values) {
        return values[random.nextInt(values.length)];
    }

    private static Json.Obj role(String role) {
        return new Json.Obj().put("role", role);
    }

    private static Json.Obj item(String type) {
        return new Json.Obj().put("type", type);
    }

    private static Json.Obj named(String name) {
        return new Json.Obj().put("name", name);
    }

    private static Json json(String text) {
        return JsonReader.read(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }
}
