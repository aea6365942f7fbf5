package io.llmproxy.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.document.Problem;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What operators can tell the gateway to do: {@code POST /admin/reload}. A call needs the bearer token of the configuration;
 * where there is none, every call is refused.
 */
public final class AdminServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final int UNPROCESSABLE = 422;

    private final transient OperatorToken token;
    private final transient ConfigReload reload;
    private final transient AuditTrail audit;

    /**
     * @param token what a caller has to show
     * @param reload loads the configuration again
     * @param audit told what is done
     */
    public AdminServlet(OperatorToken token, ConfigReload reload, AuditTrail audit) {
        this.token = token;
        this.reload = reload;
        this.audit = audit;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (!"/reload".equals(request.getPathInfo())) {
            NotFoundServlet.answer(response);
        } else if (!request.getMethod().equals("POST")) {
            response.setHeader("Allow", "POST");
            OperatorAnswer.refuse(
                    response, HttpServletResponse.SC_METHOD_NOT_ALLOWED, "method_not_allowed", "Use POST.");
        } else if (!token.isShown(request, response)) {
            if (OperatorToken.bearer(request) != null) {
                audit.strange(note(request, "unknown", "none", response.getHeader("X-LLMProxy-Error")));
            }
        } else {
            ConfigReload.Outcome outcome = reload.reload();
            audit.done(
                    note(request, "operator", "operator_token", outcome.loaded() ? AuditNote.DONE : "invalid_config"));
            OperatorAnswer.send(response, outcome.loaded() ? HttpServletResponse.SC_OK : UNPROCESSABLE, told(outcome));
        }
    }

    private AuditNote note(HttpServletRequest request, String actor, String authentication, String outcome) {
        return new AuditNote(
                actor, authentication, token.address(request), "", "config.reload", "", null, null, outcome, null);
    }

    private static Reload told(ConfigReload.Outcome outcome) {
        return outcome.loaded()
                ? new Reload("success", outcome.version(), outcome.problems(), null)
                : new Reload("failure", outcome.version(), null, outcome.problems());
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Reload(
            String result,
            long version,
            @Nullable List<Problem> warnings,
            @Nullable List<Problem> problems) {}
}
