package io.llmproxy.convert;

import io.llmproxy.convert.codec.BadAnswerException;
import io.llmproxy.convert.codec.ConversionException;
import io.llmproxy.convert.codec.Faults;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonException;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.convert.json.Node;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request for embeddings, which OpenAI and Google answer in shapes of their own.
 *
 * @param model as the client names it
 * @param texts what is to be embedded
 * @param dimensions of each embedding; null if not said
 * @param taskType what Google's are made for; null if not said
 * @param base64 whether the client wants numbers as bytes
 * @param batch whether a client of Google's asked for several
 * @param unused members of the request that no other API has, and that change nothing in the numbers
 */
public record Embeddings(
        String model,
        List<String> texts,
        @Nullable Long dimensions,
        @Nullable String taskType,
        boolean base64,
        boolean batch,
        List<String> unused) {

    private static final Set<String> OF_OPENAI = Set.of("model", "input", "encoding_format", "dimensions");
    private static final Set<String> OF_GOOGLE =
            Set.of("model", "content", "taskType", "task_type", "outputDimensionality", "output_dimensionality");

    /**
     * Reads a request of {@code /v1/embeddings}.
     *
     * @param inPath the model in the path; empty if the body names it
     * @throws ConversionException if it is none, or holds tokens, which mean something to its own model only
     */
    public static Embeddings ofOpenAi(byte[] body, String inPath) {
        return read(body, root -> {
            List<String> texts = new ArrayList<>();
            for (Node one : root.get("input").itemsOrOne()) {
                if (!one.isText()) {
                    throw ConversionException.unsupported(one.path(), "token lists cannot be converted");
                }
                texts.add(one.text());
            }
            if (texts.isEmpty()) {
                throw root.get("input").mismatch("must be a string or an array of strings");
            }
            String format = root.get("encoding_format").textOr("float");
            if (!format.equals("float") && !format.equals("base64")) {
                throw root.get("encoding_format").mismatch("must be float or base64");
            }
            Long dimensions = root.get("dimensions").wholeOrNull();
            return new Embeddings(
                    inPath.isEmpty() ? root.get("model").textOr("") : inPath,
                    texts,
                    dimensions,
                    null,
                    format.equals("base64"),
                    true,
                    others(root, OF_OPENAI));
        });
    }

    /**
     * Reads a request of {@code :embedContent} or {@code :batchEmbedContents}.
     *
     * @param model what the path says
     * @throws ConversionException if it is none
     */
    public static Embeddings ofGemini(byte[] body, String model, boolean batch) {
        return read(body, root -> {
            List<Node> requests = batch ? root.get("requests").items() : List.of(root);
            if (requests.isEmpty()) {
                throw root.get("requests").mismatch("must be an array that is not empty");
            }
            List<String> texts = new ArrayList<>();
            Set<String> unused = new LinkedHashSet<>();
            Long dimensions = null;
            String task = null;
            for (Node request : requests) {
                texts.add(text(request.get("content")));
                unused.addAll(others(request, OF_GOOGLE));
                String other = request.get("taskType", "task_type").textOrNull();
                task = task == null ? other : task;
                Long wanted = dimensions(request);
                dimensions = dimensions == null ? wanted : dimensions;
                if (wanted != null && !wanted.equals(dimensions)) {
                    throw ConversionException.unsupported(
                            request.path(), "all embeddings of a request need the same dimensions");
                }
            }
            return new Embeddings(model, texts, dimensions, task, false, batch, List.copyOf(unused));
        });
    }

    private static @Nullable Long dimensions(Node request) {
        return request.get("outputDimensionality", "output_dimensionality").wholeOrNull();
    }

    private static List<String> others(Node request, Set<String> known) {
        return request.others(known).stream().map(Map.Entry::getKey).toList();
    }

    /** Returns the request of {@code /v1/embeddings}: JSON in UTF-8. */
    public byte[] toOpenAi(String upstreamModel) {
        Json.Obj body = new Json.Obj().put("model", upstreamModel).put("input", Json.Arr.ofStrings(texts));
        if (dimensions != null) {
            body.put("dimensions", dimensions);
        }
        return body.put("encoding_format", "float").bytes();
    }

    /** Returns the request of {@code :batchEmbedContents}: JSON in UTF-8. */
    public byte[] toGemini(String upstreamModel) {
        Json.Arr requests = new Json.Arr();
        for (String text : texts) {
            Json.Arr parts = new Json.Arr().add(new Json.Obj().put("text", text));
            Json.Obj request = new Json.Obj()
                    .put("model", "models/" + upstreamModel)
                    .put("content", new Json.Obj().put("parts", parts))
                    .put("taskType", taskType);
            if (dimensions != null) {
                request.put("outputDimensionality", dimensions);
            }
            requests.add(request);
        }
        return new Json.Obj().put("requests", requests).bytes();
    }

    /**
     * Converts an answer of Google's to a client of OpenAI's.
     *
     * @throws BadAnswerException if it is none
     */
    public byte[] answerToOpenAi(byte[] answer) {
        Json.Obj body = answer(answer);
        Json.Arr data = new Json.Arr();
        Json.Obj single = body.object("embedding");
        List<Json> embeddings = single == null ? body.array("embeddings") : List.of(single);
        for (Json embedding : embeddings) {
            if (embedding instanceof Json.Obj object && object.get("values") instanceof Json.Arr values) {
                data.add(new Json.Obj()
                        .put("object", "embedding")
                        .put("index", data.items().size())
                        .put("embedding", base64 ? new Json.Str(bytes(values)) : values));
            }
        }
        check(data.items().size());
        Json.Obj told = body.object("usageMetadata");
        long tokens = told == null ? 0 : told.number("promptTokenCount", 0);
        Json.Obj usage = new Json.Obj().put("prompt_tokens", tokens).put("total_tokens", tokens);
        return new Json.Obj()
                .put("object", "list")
                .put("data", data)
                .put("model", model)
                .put("usage", usage)
                .bytes();
    }

    /**
     * Converts an answer of OpenAI's to a client of Google's.
     *
     * @throws BadAnswerException if it is none
     */
    public byte[] answerToGemini(byte[] answer) {
        List<Json> embeddings = new ArrayList<>();
        for (Json item : answer(answer).array("data")) {
            Json.Arr values = item instanceof Json.Obj object ? numbers(object.get("embedding")) : null;
            if (values != null) {
                embeddings.add(new Json.Obj().put("values", values));
            }
        }
        check(embeddings.size());
        return batch
                ? new Json.Obj().put("embeddings", new Json.Arr(embeddings)).bytes()
                : new Json.Obj().put("embedding", embeddings.get(0)).bytes();
    }

    private void check(int count) {
        if (count != texts.size()) {
            throw new BadAnswerException("the upstream's answer has another number of embeddings");
        }
    }

    /** What clients that save bytes read: each number as a float of four bytes, the lowest first. */
    private static String bytes(Json.Arr values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.items().size()).order(ByteOrder.LITTLE_ENDIAN);
        for (Json value : values.items()) {
            bytes.putFloat(value instanceof Json.Num number ? (float) number.asDouble() : 0);
        }
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    /** Some servers send bytes whatever they are asked for. */
    private static Json.@Nullable Arr numbers(@Nullable Json embedding) {
        if (embedding instanceof Json.Arr values) {
            return values;
        }
        if (!(embedding instanceof Json.Str text)) {
            return null;
        }
        try {
            ByteBuffer bytes =
                    ByteBuffer.wrap(Base64.getDecoder().decode(text.value())).order(ByteOrder.LITTLE_ENDIAN);
            Json.Arr values = new Json.Arr();
            while (bytes.remaining() >= Float.BYTES) {
                values.add(new Json.Num(Float.toString(bytes.getFloat())));
            }
            return values;
        } catch (IllegalArgumentException e) {
            throw new BadAnswerException("the upstream's embedding is neither numbers nor base64");
        }
    }

    private static String text(Node content) {
        StringBuilder text = new StringBuilder();
        for (Node part :
                content.isText() ? List.of(content) : content.get("parts").itemsOrOne()) {
            Node words = part.isText() ? part : part.get("text");
            if (!words.exists()) {
                throw ConversionException.unsupported(part.path(), "only text can be embedded");
            }
            text.append(text.isEmpty() ? "" : "\n").append(words.text());
        }
        return text.toString();
    }

    private static Json.Obj answer(byte[] answer) {
        try {
            if (JsonReader.read(answer) instanceof Json.Obj object) {
                if (object.get("error") != null) {
                    throw new BadAnswerException(Faults.decode(200, 0, object));
                }
                return object;
            }
        } catch (JsonException e) {
            throw new BadAnswerException("the upstream's answer is not JSON");
        }
        throw new BadAnswerException("the upstream's answer is not a JSON object");
    }

    private static Embeddings read(byte[] body, java.util.function.Function<Node, Embeddings> reader) {
        try {
            return reader.apply(Node.of(JsonReader.read(body)));
        } catch (JsonException e) {
            throw ConversionException.invalid(e);
        } catch (Node.Mismatch e) {
            throw ConversionException.invalid(e.path(), String.valueOf(e.getMessage()));
        }
    }
}
