package io.llmproxy.admin;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Locale;
import java.util.Set;

/**
 * Serves the console in the browser, {@code /admin/ui/}. It is files only: whatever it shows, it asks the admin API for. No URL in
 * it begins with a slash, so that it works below any context path and behind a proxy that takes a prefix away.
 */
public final class ConsoleServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final Set<String> METHODS = Set.of("GET", "HEAD");

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = request.getPathInfo();
        if (!METHODS.contains(request.getMethod())) {
            response.setHeader("Allow", "GET, HEAD");
            OperatorAnswer.refuse(
                    response, HttpServletResponse.SC_METHOD_NOT_ALLOWED, "method_not_allowed", "Use GET.");
        } else if (path == null) {
            // Relative: only the browser knows what a proxy in front has taken away.
            response.setStatus(HttpServletResponse.SC_FOUND);
            response.setHeader("Location", "ui/");
        } else if (path.equals("/")) {
            response.setHeader("Cache-Control", "no-store");
            response.setHeader("Content-Security-Policy", Files.ALL.policy());
            send(request, response, Files.ALL.page());
        } else {
            ConsoleFiles.Content file = Files.ALL.at(path.substring(1));
            if (file == null) {
                NotFoundServlet.answer(response);
                return;
            }
            response.setHeader("Cache-Control", "public, max-age=31536000, immutable");
            send(request, response, file);
        }
    }

    private static void send(HttpServletRequest request, HttpServletResponse response, ConsoleFiles.Content content)
            throws IOException {
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("Referrer-Policy", "no-referrer");
        response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
        response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
        response.setHeader("Vary", "Accept-Encoding");
        response.setContentType(content.type());
        byte[] body = content.plain();
        if (acceptsGzip(request)) {
            body = content.gzip();
            response.setHeader("Content-Encoding", "gzip");
        }
        response.setContentLength(body.length);
        if (request.getMethod().equals("GET")) {
            response.getOutputStream().write(body);
        }
    }

    private static boolean acceptsGzip(HttpServletRequest request) {
        String accepted = request.getHeader("Accept-Encoding");
        return accepted != null && accepted.toLowerCase(Locale.ROOT).contains("gzip");
    }

    /** Read with the first call: the start of the gateway does not wait for them. */
    private static final class Files {
        static final ConsoleFiles ALL = ConsoleFiles.load();
    }
}
