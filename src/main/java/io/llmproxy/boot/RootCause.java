package io.llmproxy.boot;

/** What an operator is told of a failure. */
public final class RootCause {
    private RootCause() {}

    /** Returns the message of the innermost failure, or of the first one that was meant for people. */
    public static String of(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && !(root instanceof IllegalArgumentException)) {
            root = root.getCause();
        }
        String message = root.getMessage();
        return message == null ? root.getClass().getSimpleName() : message;
    }
}
