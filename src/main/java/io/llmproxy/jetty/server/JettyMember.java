package io.llmproxy.jetty.server;

import java.util.Arrays;
import java.util.List;

/**
 * Something inside of Jetty that another version may not have. It is asked for by name: to name the class itself would fail at once
 * if that is what has gone.
 *
 * @param owner the name of the class, as the virtual machine writes it
 * @param name the name of the method
 * @param parameters its parameters' classes, by their simple names
 */
record JettyMember(String owner, String name, List<String> parameters) {
    private static final String CONNECTION = "org.eclipse.jetty.server.internal.HttpConnection";
    private static final String STREAM = CONNECTION + "$HttpStreamOverHTTP1";
    private static final String HANDLER = CONNECTION + "$RequestHandler";
    private static final String GENERATOR = "org.eclipse.jetty.http.HttpGenerator";

    /** What {@link Http1Protocol} overrides and calls. */
    static final List<JettyMember> OF_HTTP1 = List.of(
            of(CONNECTION, "newRequestHandler"),
            of(CONNECTION, "newHttpGenerator"),
            of(CONNECTION, "newHttpStream", "String", "String", "HttpVersion"),
            of(CONNECTION, "getParser"),
            of(CONNECTION, "getGenerator"),
            of(CONNECTION, "isRequestBufferEmpty"),
            of(CONNECTION, "isUseOutputDirectByteBuffers"),
            of(STREAM, "read"),
            of(STREAM, "failed", "Throwable"),
            of(STREAM, "send", "Request", "Response", "boolean", "ByteBuffer", "Callback"),
            of(HANDLER, "parsedHeader", "HttpField"),
            of(HANDLER, "headerComplete"),
            of(
                    GENERATOR,
                    "generateResponse",
                    "Response",
                    "boolean",
                    "ByteBuffer",
                    "ByteBuffer",
                    "ByteBuffer",
                    "boolean"),
            of(GENERATOR, "isChunking"),
            of(GENERATOR, "isState", "State"),
            of(GENERATOR, "reset"),
            of(GENERATOR, "abort"));

    static JettyMember of(String owner, String name, String... parameters) {
        return new JettyMember(owner, name, List.of(parameters));
    }

    /** Whether the Jetty that runs has it. */
    boolean isThere() {
        try {
            Class<?> found = Class.forName(owner, false, JettyMember.class.getClassLoader());
            return Arrays.stream(found.getDeclaredMethods())
                    .filter(method -> method.getName().equals(name))
                    .anyMatch(method -> Arrays.stream(method.getParameterTypes())
                            .map(Class::getSimpleName)
                            .toList()
                            .equals(parameters));
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return owner.substring(owner.lastIndexOf('.') + 1) + "." + name;
    }
}
