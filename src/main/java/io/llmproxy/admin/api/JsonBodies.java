package io.llmproxy.admin.api;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.MessageBodyReader;
import jakarta.ws.rs.ext.MessageBodyWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.util.List;
import java.util.stream.Collectors;

/** Reads bodies of calls from JSON, and writes answers as JSON. What is wrong with a body is said with line and path. */
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
final class JsonBodies implements MessageBodyReader<Object>, MessageBodyWriter<Object> {
    /** Enough for the largest configuration. */
    static final int MOST_BYTES = 4 * 1024 * 1024;

    @Override
    public boolean isReadable(Class<?> type, Type generic, Annotation[] annotations, MediaType media) {
        return true;
    }

    @Override
    public Object readFrom(
            Class<Object> type,
            Type generic,
            Annotation[] annotations,
            MediaType media,
            MultivaluedMap<String, String> headers,
            InputStream in)
            throws IOException {
        return read(in, type);
    }

    /** Reads a body. */
    static <T> T read(InputStream in, Class<T> type) throws IOException {
        byte[] body = in.readNBytes(MOST_BYTES + 1);
        if (body.length > MOST_BYTES) {
            throw tooLarge();
        }
        try {
            T read = Json.MAPPER.readValue(body, type);
            if (read == null) {
                throw new Refused(400, "invalid_request", "The body is null (expected: a JSON object).");
            }
            return read;
        } catch (JsonProcessingException e) {
            throw unreadable(e);
        }
    }

    static Refused tooLarge() {
        return new Refused(413, "too_large", "The body is too large (expected: at most 4 MiB).");
    }

    /** Says where and what, in words that hold nothing of the body: it may be a secret. */
    static Refused unreadable(JsonProcessingException e) {
        JsonLocation location = e.getLocation();
        Integer line = location == null || location.getLineNr() < 1 ? null : location.getLineNr();
        String path = e instanceof JsonMappingException mapping ? path(mapping.getPath()) : "";
        String message = "not as expected";
        if (e instanceof UnrecognizedPropertyException unknown) {
            message = "unknown (expected: "
                    + unknown.getKnownPropertyIds().stream()
                            .map(String::valueOf)
                            .sorted()
                            .collect(Collectors.joining(", "))
                    + ")";
        } else if (!(e instanceof JsonMappingException)) {
            message = "not JSON";
        } else if (e.getCause() instanceof IllegalArgumentException cause && cause.getMessage() != null) {
            message = cause.getMessage();
        } else if (path.isEmpty()) {
            message = "not JSON of the expected form";
        } else {
            message = "wrong type of value";
        }
        return new Refused(400, "invalid_request", (path.isEmpty() ? "The body" : path) + ": " + message)
                .with(List.of(new Finding(line, path, message)));
    }

    private static String path(List<JsonMappingException.Reference> references) {
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference reference : references) {
            if (reference.getFieldName() == null) {
                path.append('[').append(reference.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(reference.getFieldName());
            }
        }
        return path.toString();
    }

    @Override
    public boolean isWriteable(Class<?> type, Type generic, Annotation[] annotations, MediaType media) {
        return type != byte[].class && type != String.class;
    }

    @Override
    public void writeTo(
            Object told,
            Class<?> type,
            Type generic,
            Annotation[] annotations,
            MediaType media,
            MultivaluedMap<String, Object> headers,
            OutputStream out)
            throws IOException {
        out.write(Json.MAPPER.writeValueAsBytes(told));
    }
}
