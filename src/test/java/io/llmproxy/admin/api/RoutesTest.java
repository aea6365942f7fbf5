package io.llmproxy.admin.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.testing.ApiDocument;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import java.io.ByteArrayInputStream;
import java.lang.reflect.Method;
import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.glassfish.jersey.internal.MapPropertiesDelegate;
import org.glassfish.jersey.server.ApplicationHandler;
import org.glassfish.jersey.server.ContainerRequest;
import org.glassfish.jersey.server.ContainerResponse;
import org.glassfish.jersey.server.model.Resource;
import org.glassfish.jersey.server.model.ResourceMethod;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The API has the routes and roles of its document, no more and no less. */
class RoutesTest {
    private static final URI BASE = URI.create("http://gateway.test/admin/api/v1/");

    private static Map<String, String> routes() {
        Map<String, String> routes = new TreeMap<>();
        for (Object resource : GatewayFixture.resources(GatewayFixture.nothing(ConfigDocuments.class))) {
            collect(Resource.from(resource.getClass()), "", routes);
        }
        routes.put("GET " + AdminApi.LIVE, "viewer");
        routes.put("POST " + AdminApi.PLAYGROUND, "editor");
        return routes;
    }

    private static void collect(Resource resource, String above, Map<String, String> routes) {
        String own = resource.getPath();
        String path = above + (own.isEmpty() || own.startsWith("/") ? "" : "/") + own;
        for (ResourceMethod method : resource.getResourceMethods()) {
            Method handler = method.getInvocable().getHandlingMethod();
            Needs needs = handler.getAnnotation(Needs.class);
            routes.put(
                    method.getHttpMethod() + " " + shown(path),
                    needs == null ? "anyone" : needs.value().label());
        }
        resource.getChildResources().forEach(child -> collect(child, path, routes));
    }

    /** A path as the document writes it. */
    private static String shown(String path) {
        return path.replaceAll("\\{(\\w+):[^}]*}", "{$1}");
    }

    @Test
    void theDocumentNamesEachRouteWithItsRole() {
        assertThat(routes()).isEqualTo(ApiDocument.shared().roles());
    }

    @Test
    void theDocumentSaysWhatAScopedRoleMay() {
        assertThat(scoped()).isEqualTo(ApiDocument.shared().scoped());
    }

    /** Routes that look at the scope of the caller. */
    private static Set<String> scoped() {
        Set<String> scoped = new TreeSet<>();
        for (Object resource : GatewayFixture.resources(GatewayFixture.nothing(ConfigDocuments.class))) {
            collectScoped(Resource.from(resource.getClass()), "", scoped);
        }
        return scoped;
    }

    private static void collectScoped(Resource resource, String above, Set<String> scoped) {
        String own = resource.getPath();
        String path = above + (own.isEmpty() || own.startsWith("/") ? "" : "/") + own;
        for (ResourceMethod method : resource.getResourceMethods()) {
            Needs needs = method.getInvocable().getHandlingMethod().getAnnotation(Needs.class);
            if (needs != null && needs.scoped()) {
                scoped.add(method.getHttpMethod() + " " + shown(path));
            }
        }
        resource.getChildResources().forEach(child -> collectScoped(child, path, scoped));
    }

    @Test
    void onlyToSignInNoRoleIsNeeded() {
        assertThat(routes().entrySet().stream().filter(route -> route.getValue().equals("anyone")))
                .extracting(Map.Entry::getKey)
                .containsExactly("GET /session/ways", "POST /session", "POST /sign-in");
    }

    /** They change nothing, and cost nothing. */
    private static final Set<String> QUESTIONS = Set.of("check", "explain", "depart");

    @Test
    void eachChangeIsAudited() {
        for (Object resource : GatewayFixture.resources(GatewayFixture.nothing(ConfigDocuments.class))) {
            for (Method method : resource.getClass().getDeclaredMethods()) {
                boolean changes = Stream.of(POST.class, PUT.class, PATCH.class, DELETE.class)
                                .anyMatch(method::isAnnotationPresent)
                        && !QUESTIONS.contains(method.getName());
                assertThat(method.isAnnotationPresent(Audited.class))
                        .as(method.toString())
                        .isEqualTo(changes);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void aRoleReachesItsRoutesAlone(Role role) throws Exception {
        reaches(new Caller("somebody", role, null, "session"), route -> true);
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    void aRoleOfAScopeReachesOnlyWhatLooksAtIt(Role role) throws Exception {
        Set<String> scoped = scoped();
        reaches(new Caller("somebody", role, "search", "session"), scoped::contains);
    }

    private static void reaches(Caller caller, Predicate<String> open) throws Exception {
        ApplicationHandler handler = new ApplicationHandler(
                AdminApi.application(GatewayFixture.resources(GatewayFixture.nothing(ConfigDocuments.class))));
        for (Map.Entry<String, String> route : routes().entrySet()) {
            if (route.getKey().endsWith(AdminApi.LIVE)
                    || route.getKey().endsWith(AdminApi.PLAYGROUND)
                    || route.getKey().contains("/session")
                    || route.getKey().endsWith("/sign-in")) {
                continue;
            }
            String[] parts = route.getKey().split(" ", 2);
            URI uri = BASE.resolve(
                    parts[1].substring(1).replaceAll("\\{version}", "1").replaceAll("\\{[^}]*}", "x"));
            ContainerRequest request =
                    new ContainerRequest(BASE, uri, parts[0], null, new MapPropertiesDelegate(), null);
            request.setProperty(AdminApi.CALLER, caller);
            request.header("Content-Type", "application/json");
            request.setEntityStream(new ByteArrayInputStream(new byte[] {'{', '}'}));
            ContainerResponse response = handler.apply(request).get();
            boolean allowed = open.test(route.getKey())
                    && caller.role().covers(Role.valueOf(route.getValue().toUpperCase(Locale.ROOT)));
            assertThat(response.getStatus() != 403)
                    .as(caller + " " + route + ": " + response.getStatus())
                    .isEqualTo(allowed);
        }
    }
}
