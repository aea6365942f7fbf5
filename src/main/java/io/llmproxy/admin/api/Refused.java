package io.llmproxy.admin.api;

import java.util.List;
import java.util.Map;

/** A call that is not done, and why. It becomes an answer of the type {@code application/problem+json}. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;
    private final transient List<Finding> problems;
    private final transient Map<String, String> headers;
    private final transient Map<String, Object> members;

    private Refused(
            int status,
            String code,
            String detail,
            List<Finding> problems,
            Map<String, String> headers,
            Map<String, Object> members) {
        super(detail, null, false, false);
        this.status = status;
        this.code = code;
        this.problems = List.copyOf(problems);
        this.headers = Map.copyOf(headers);
        this.members = Map.copyOf(members);
    }

    /**
     * @param status of the answer
     * @param code for programs
     * @param detail for people: what is wrong, and what was expected
     */
    Refused(int status, String code, String detail) {
        this(status, code, detail, List.of(), Map.of(), Map.of());
    }

    /** Something in the call is not as it should be. */
    static Refused invalid(String path, String message) {
        return new Refused(400, "invalid_request", path + ": " + message)
                .with(List.of(new Finding(null, path, message)));
    }

    /** The body is of another type than all others. */
    static Refused noJson() {
        return new Refused(
                415, "unsupported_media_type", "The body has another type (expected: Content-Type: application/json).");
    }

    /** There is nothing of that name. */
    static Refused notFound(String kind, String name) {
        return new Refused(404, "not_found", kind + " " + name + ": not found");
    }

    /** The same with what is wrong, one by one. */
    Refused with(List<Finding> found) {
        return new Refused(status, code, detail(), found, headers, members);
    }

    /** The same with a header of the answer. */
    Refused with(String header, String value) {
        return new Refused(status, code, detail(), problems, Map.of(header, value), members);
    }

    /** The same with more members of the answer. */
    Refused with(Map<String, Object> more) {
        return new Refused(status, code, detail(), problems, headers, more);
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    String detail() {
        String detail = getMessage();
        return detail == null ? code : detail;
    }

    List<Finding> problems() {
        return problems;
    }

    Map<String, String> headers() {
        return headers;
    }

    Map<String, Object> members() {
        return members;
    }
}
