package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import io.llmproxy.admin.AuditTrail;
import io.llmproxy.admin.OperatorToken;
import io.llmproxy.config.ScopeConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.ext.RuntimeDelegate;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.glassfish.jersey.CommonProperties;
import org.glassfish.jersey.internal.inject.AbstractBinder;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.server.ServerProperties;
import org.glassfish.jersey.servlet.ServletContainer;
import org.jspecify.annotations.Nullable;

/**
 * Answers what is below {@code /admin/api/v1}. It finds out who calls, and hands the call to Jersey, which is started by the first one:
 * a gateway that is never asked pays nothing for it.
 */
public final class AdminApi extends HttpServlet {
    /** Attribute of a request that holds its {@link Caller}. */
    static final String CALLER = Caller.class.getName();

    /** Attribute of a request that holds its {@link SignIn.Known}. */
    static final String KNOWN = SignIn.Known.class.getName();

    /** Attribute of a request that holds its id. */
    static final String REQUEST_ID = AdminApi.class.getName() + ".id";

    /** A path that is not Jersey's; every role may see it. */
    static final String LIVE = "/live";

    /** Another one; who may change something may use it. */
    static final String PLAYGROUND = "/playground";

    private static final long serialVersionUID = 1L;

    private final transient SignIn signIn;
    private final transient AuditTrail audit;
    private final transient LiveFeed live;
    private final transient Playground playground;
    private final transient Supplier<List<Object>> resources;
    private final transient ReentrantLock starting = new ReentrantLock();
    private transient volatile @Nullable ServletContainer started;

    AdminApi(SignIn signIn, AuditTrail audit, LiveFeed live, Playground playground, Supplier<List<Object>> resources) {
        this.signIn = signIn;
        this.audit = audit;
        this.live = live;
        this.playground = playground;
        this.resources = resources;
    }

    /**
     * Makes the API.
     *
     * @param token what operators show
     * @param gateway what the API tells of
     */
    public static AdminApi of(OperatorToken token, Gateway gateway) {
        SignIn signIn = new SignIn(
                token, gateway.people(), () -> gateway.current().get().config(), Instant::now, gateway.clock());
        return new AdminApi(
                signIn,
                gateway.audit(),
                new LiveFeed(gateway),
                new Playground(gateway),
                () -> resources(signIn, gateway));
    }

    static List<Object> resources(SignIn signIn, Gateway gateway) {
        Supplier<List<ScopeConfig>> scopes =
                () -> gateway.current().get().config().scopes();
        ConfigText text = new ConfigText(gateway.documents());
        ConfigChanges changes = new ConfigChanges(gateway.documents(), text);
        PartEdit edit = new PartEdit(gateway.documents(), changes);
        return List.of(
                new SessionResource(signIn, gateway),
                new SignInResource(signIn),
                new StateResource(gateway),
                new NodesResource(gateway),
                new ConfigResource(text, changes),
                new VersionsResource(gateway.documents(), changes),
                new ScopesResource(gateway, edit),
                new LimitsResource(gateway, edit, Instant::now),
                new ViewsResource(gateway, text),
                new EntitiesResource(new EntityChanges(edit)),
                new KeysResource(gateway),
                new SecretsResource(gateway),
                new RuntimeResource(gateway),
                new ExplainResource(gateway.decider()),
                new ReloadResource(gateway.reload()),
                new RequestsResource(gateway.figures().explanations()),
                new UsageResource(gateway),
                new AuditResource(gateway.audit()),
                new UsersResource(gateway.people(), signIn, scopes, Instant::now),
                new TokensResource(gateway.people(), signIn.tokens(), scopes, Instant::now),
                new DocumentsResource());
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        String id = "adm_" + Long.toHexString(ThreadLocalRandom.current().nextLong() | Long.MIN_VALUE);
        request.setAttribute(REQUEST_ID, id);
        response.setHeader("X-Request-Id", id);
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Content-Type-Options", "nosniff");
        Act act = new Act(id, signIn.address(request));
        request.setAttribute(Act.ATTRIBUTE, act);
        if (request.getContentLengthLong() > JsonBodies.MOST_BYTES) {
            ProblemAnswer.send(JsonBodies.tooLarge(), id, response);
            return;
        }
        try {
            if (!isSignIn(request)) {
                SignIn.Known known = signIn.known(request);
                act.by(known.caller(), known.authentication());
                request.setAttribute(KNOWN, known);
                request.setAttribute(CALLER, known.caller());
                if (isPlayground(request)) {
                    RoleChecks.checkWhole(known.caller());
                    RoleChecks.check(known.caller(), Role.EDITOR);
                    playground.serve(request, response);
                    return;
                }
                if (isLive(request)) {
                    RoleChecks.checkWhole(known.caller());
                    live.serve(request, response, signIn.stillKnown(request));
                    return;
                }
            }
        } catch (Refused refused) {
            if (act.isKnown() || signIn.isAttempt(request)) {
                act.begins("call", request.getMethod() + ' ' + request.getPathInfo());
            }
            ProblemAnswer.send(refused, id, response);
            tell(act, response);
            return;
        }
        jersey().service(request, response);
        tell(act, response);
    }

    /** The answer shows what came of it. */
    private void tell(Act act, HttpServletResponse response) {
        if (!act.isBegun()) {
            return;
        }
        String code = response.getHeader(ProblemAnswer.CODE);
        if (act.isKept()) {
            audit.kept(act.note());
            act.besides().forEach(audit::kept);
        } else if (code == null) {
            audit.done(act.note());
        } else if (act.isKnown()) {
            audit.refused(act.refused(code));
        } else {
            audit.strange(act.refused(code));
        }
    }

    /** Calls that need no session: to sign in, and to ask how to sign in. */
    private static boolean isSignIn(HttpServletRequest request) {
        return request.getMethod().equals("POST")
                ? "/session".equals(request.getPathInfo()) || "/sign-in".equals(request.getPathInfo())
                : request.getMethod().equals("GET") && "/session/ways".equals(request.getPathInfo());
    }

    /** Who listens is told something for hours, without a thread; Jersey has no part in that. */
    private static boolean isLive(HttpServletRequest request) {
        return request.getMethod().equals("GET") && LIVE.equals(request.getPathInfo());
    }

    /** What is answered is streamed as it comes, which Jersey would hold back. */
    private static boolean isPlayground(HttpServletRequest request) {
        return request.getMethod().equals("POST") && PLAYGROUND.equals(request.getPathInfo());
    }

    private ServletContainer jersey() throws ServletException {
        ServletContainer running = started;
        if (running != null) {
            return running;
        }
        starting.lock();
        try {
            if (started == null) {
                ServletContainer container = new ServletContainer(application(resources.get()));
                container.init(getServletConfig());
                started = container;
            }
            return Objects.requireNonNull(started);
        } finally {
            starting.unlock();
        }
    }

    /**
     * All that Jersey is to know: nothing is searched for. Resources are registered by their classes and found as what is bound to
     * these, because Jersey warns of instances.
     */
    static ResourceConfig application(List<Object> resources) {
        ResourceConfig application = new ResourceConfig()
                .property(CommonProperties.PROVIDER_DEFAULT_DISABLE, "ALL")
                .property(ServerProperties.FEATURE_AUTO_DISCOVERY_DISABLE, true)
                .property(ServerProperties.METAINF_SERVICES_LOOKUP_DISABLE, true)
                .property(ServerProperties.WADL_FEATURE_DISABLE, true)
                .property(ServerProperties.RESPONSE_SET_STATUS_OVER_SEND_ERROR, true)
                .registerInstances(
                        new JsonBodies(),
                        new Refusals(),
                        new ProblemBodies(),
                        new Audits(),
                        new RoleChecks(),
                        new NoOptions());
        resources.forEach(resource -> application.register(resource.getClass()));
        return application.register(new AbstractBinder() {
            @Override
            protected void configure() {
                resources.forEach(resource -> bind(resource).to(resource.getClass()));
            }
        });
    }

    /** What Jersey has put where other applications can see it goes with this one. */
    @Override
    public void destroy() {
        live.close();
        ServletContainer running = started;
        if (running != null) {
            running.destroy();
            RuntimeDelegate.setInstance(null);
        }
    }
}
