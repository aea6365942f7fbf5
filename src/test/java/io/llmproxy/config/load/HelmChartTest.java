package io.llmproxy.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.llmproxy.config.ClusterConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.RedisConfig;
import io.llmproxy.config.SentinelConfig;
import io.llmproxy.testing.HelmProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.Yaml;

/**
 * Renders the Helm chart with Helm itself, for each set of values in its directory {@code ci}. What comes out is read as Kubernetes
 * reads it, and the configuration in it as a pod does.
 */
final class HelmChartTest {
    private static final Path CHART = Path.of("server/helm/llmproxy");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Z_]+)}");
    private static final Map<String, Class<? extends HasMetadata>> KINDS = Map.of(
            "ConfigMap", ConfigMap.class,
            "Service", Service.class,
            "Deployment", Deployment.class,
            "Job", Job.class,
            "HorizontalPodAutoscaler", HorizontalPodAutoscaler.class,
            "PodDisruptionBudget", PodDisruptionBudget.class,
            "NetworkPolicy", NetworkPolicy.class,
            "Ingress", Ingress.class);
    /** Those of the operator of Prometheus. */
    private static final List<String> FOREIGN = List.of("ServiceMonitor", "PrometheusRule");

    /** A field that Kubernetes does not know is an error, as with {@code --validate=strict}. */
    private static final ObjectMapper STRICT = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .setAnnotationIntrospector(new JacksonAnnotationIntrospector() {
                @Override
                public @Nullable Boolean hasAnySetter(Annotated annotated) {
                    return annotated.hasAnnotation(JsonAnySetter.class) ? Boolean.FALSE : null;
                }
            });

    /** The chart, with its hooks as plain objects: Helm's library leaves hooks out where its command prints them. */
    private static Path unhooked;

    private static HelmProcess helm;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        helm = HelmProcess.start();
        unhooked = directory.resolve("llmproxy");
        copy(CHART, unhooked);
        Path migration = unhooked.resolve("templates/migrate.yaml");
        Files.writeString(migration, Files.readString(migration).replace("\"helm.sh/hook\"", "\"example.com/hook\""));
    }

    @AfterAll
    static void stop() {
        helm.close();
    }

    /** What a set of values makes. */
    private record Rendered(List<Map<String, Object>> manifests) {
        <T extends HasMetadata> List<T> all(Class<T> kind) {
            return manifests.stream()
                    .filter(manifest -> kind.equals(KINDS.get(manifest.get("kind"))))
                    .map(manifest -> STRICT.convertValue(manifest, kind))
                    .toList();
        }

        <T extends HasMetadata> T one(Class<T> kind, String name) {
            return all(kind).stream()
                    .filter(found -> found.getMetadata().getName().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no " + kind.getSimpleName() + " " + name));
        }

        Deployment deployment() {
            return one(Deployment.class, "gateway-llmproxy");
        }

        Container container() {
            return deployment()
                    .getSpec()
                    .getTemplate()
                    .getSpec()
                    .getContainers()
                    .get(0);
        }

        Map<String, String> files() {
            return one(ConfigMap.class, "gateway-llmproxy").getData();
        }

        List<Map<String, Object>> ofKind(String kind) {
            return manifests.stream()
                    .filter(manifest -> kind.equals(manifest.get("kind")))
                    .toList();
        }
    }

    static List<Path> sets() throws IOException {
        try (Stream<Path> sets = Files.list(CHART.resolve("ci"))) {
            return sets.sorted().toList();
        }
    }

    private static Path set(String name) {
        return CHART.resolve("ci/" + name + "-values.yaml");
    }

    @SuppressWarnings("unchecked")
    private static Rendered rendered(Path values, String... settings) {
        List<Map<String, Object>> manifests = Stream.of(
                        helm.template(unhooked, values, settings).split("(?m)^---$"))
                .map(document -> (Map<String, Object>) new Yaml().load(document))
                .filter(Objects::nonNull)
                .toList();
        return new Rendered(manifests);
    }

    @ParameterizedTest
    @MethodSource("sets")
    void lintHasNothingToSay(Path values, @TempDir Path directory) throws IOException {
        Path chart = directory.resolve("llmproxy");
        copy(CHART, chart);
        Map<String, Object> defaults = new Yaml().load(Files.readString(CHART.resolve("values.yaml")));
        merge(defaults, new Yaml().load(Files.readString(values)));
        Files.writeString(chart.resolve("values.yaml"), new Yaml().dump(defaults));

        assertThat(helm.lint(chart)).endsWith("\ngood").doesNotContain("[ERROR]", "[WARNING]");
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from, FileVisitOption.FOLLOW_LINKS)) {
            files.forEach(file -> {
                try {
                    Files.copy(file, to.resolve(from.relativize(file).toString()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** As Helm does it: objects are merged, everything else is replaced. */
    @SuppressWarnings("unchecked")
    private static void merge(Map<String, Object> into, Map<String, Object> from) {
        from.forEach((key, value) -> {
            if (value instanceof Map<?, ?> && into.get(key) instanceof Map<?, ?> before) {
                merge((Map<String, Object>) before, (Map<String, Object>) value);
            } else {
                into.put(key, value);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("sets")
    void kubernetesKnowsEveryField(Path values) {
        Rendered rendered = rendered(values);

        assertThat(rendered.manifests()).hasSizeGreaterThanOrEqualTo(4);
        assertThat(rendered.manifests())
                .allMatch(
                        manifest -> FOREIGN.contains(manifest.get("kind")) || KINDS.containsKey(manifest.get("kind")));
        KINDS.values()
                .forEach(kind -> assertThat(rendered.all(kind))
                        .allMatch(found ->
                                "gateway".equals(found.getMetadata().getLabels().get("app.kubernetes.io/instance"))));
    }

    @Test
    void aFieldThatKubernetesDoesNotKnowIsNoticed() {
        assertThatThrownBy(() -> STRICT.convertValue(Map.of("spec", Map.of("containerz", List.of())), Pod.class))
                .hasMessageContaining("containerz");
    }

    @ParameterizedTest
    @MethodSource("sets")
    void podsReadTheirConfiguration(Path values) {
        Rendered rendered = rendered(values);
        Map<String, String> files = rendered.files();
        assertThat(files).containsKey("config.yaml");

        Map<String, ProxyConfig> read = new HashMap<>();
        files.forEach((name, text) -> read.put(name, config(text, variables(rendered.container(), text))));

        ProxyConfig own = Objects.requireNonNull(read.get("config.yaml"));
        assertThat(own.httpServer().admin().address()).hasToString("0.0.0.0");
        ProxyConfig document = read.getOrDefault("seed.yaml", own);
        List<Integer> forwards = document.httpServer().forwards().stream()
                .map(forward -> forward.port())
                .toList();
        Service service = rendered.one(Service.class, "gateway-llmproxy");
        assertThat(service.getSpec().getPorts())
                .extracting(ServicePort::getPort)
                .isEqualTo(forwards);
        assertThat(rendered.container().getPorts())
                .extracting(port -> port.getContainerPort())
                .containsAll(forwards)
                .contains(own.httpServer().admin().port());
        long grace = rendered.deployment().getSpec().getTemplate().getSpec().getTerminationGracePeriodSeconds();
        assertThat(grace).isGreaterThan(document.httpServer().shutdownTimeout().toSeconds());
    }

    private static ProxyConfig config(String text, Map<String, String> variables) {
        return ConfigLoader.parse(text, "config.yaml", Path.of("."), variables).config();
    }

    /** Those that the container has for certain, and those of Secrets that are taken whole. */
    private static Map<String, String> variables(Container container, String text) {
        Map<String, String> variables = container.getEnv().stream()
                .filter(variable -> !variable.getName().equals("LLMPROXY_HEAP"))
                .collect(Collectors.toMap(EnvVar::getName, variable -> "value-of-" + variable.getName()));
        if (!container.getEnvFrom().isEmpty()) {
            VARIABLE.matcher(text)
                    .results()
                    .forEach(found -> variables.computeIfAbsent(
                            found.group(1),
                            name -> List.of("GATEWAY_KEY", "OPENAI_API_KEY").contains(name)
                                    ? "value-of-" + name
                                    : null));
        }
        return variables;
    }

    @ParameterizedTest
    @MethodSource("sets")
    void podsAreAsRestrictedAsTheStandardAsks(Path values) {
        Rendered rendered = rendered(values);
        Stream<PodSpec> pods = Stream.concat(
                rendered.all(Deployment.class).stream()
                        .map(found -> found.getSpec().getTemplate().getSpec()),
                rendered.all(Job.class).stream()
                        .map(found -> found.getSpec().getTemplate().getSpec()));
        assertThat(pods).allSatisfy(pod -> {
            assertThat(pod.getAutomountServiceAccountToken()).isFalse();
            assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
            assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
            Container container = pod.getContainers().get(0);
            assertThat(container.getSecurityContext().getAllowPrivilegeEscalation())
                    .isFalse();
            assertThat(container.getSecurityContext().getReadOnlyRootFilesystem())
                    .isTrue();
            assertThat(container.getSecurityContext().getCapabilities().getDrop())
                    .containsExactly("ALL");
            assertThat(container.getVolumeMounts())
                    .extracting(VolumeMount::getName)
                    .containsExactlyElementsOf(
                            pod.getVolumes().stream().map(Volume::getName).toList());
        });
    }

    @ParameterizedTest
    @MethodSource("sets")
    void clientsDoNotReachThePortOfOperators(Path values) {
        Rendered rendered = rendered(values);
        assertThat(rendered.one(Service.class, "gateway-llmproxy").getSpec().getPorts())
                .noneMatch(port -> port.getPort() == 9000);
        assertThat(rendered.one(Service.class, "gateway-llmproxy-admin")
                        .getSpec()
                        .getType())
                .isEqualTo("ClusterIP");
    }

    @Test
    void tablesAreMadeBeforePodsStart() {
        Rendered rendered = rendered(set("store"));
        Job job = rendered.one(Job.class, "gateway-llmproxy-migrate");
        assertThat(job.getMetadata().getAnnotations()).containsEntry("example.com/hook", "pre-install,pre-upgrade");
        assertThat(job.getSpec().getTemplate().getSpec().getContainers().get(0).getArgs())
                .containsExactly("db", "migrate", "--config", "/etc/llmproxy/config.yaml");
        assertThat(job.getSpec().getActiveDeadlineSeconds()).isEqualTo(300);
        Volume config = job.getSpec().getTemplate().getSpec().getVolumes().get(0);
        ConfigMap own = rendered.one(ConfigMap.class, config.getConfigMap().getName());
        assertThat(own.getMetadata().getAnnotations().get("example.com/hook")).isEqualTo("pre-install,pre-upgrade");
        assertThat(own.getData()).containsOnlyKeys("config.yaml");
        assertThat(rendered.files().get("config.yaml")).contains("migrate: check");

        Rendered without = rendered(set("store"), "store.migrate.enabled=false");
        assertThat(without.all(Job.class)).isEmpty();
        assertThat(without.files().get("config.yaml")).contains("migrate: auto");
    }

    @Test
    void podsScaleByWhatIsInFlight() {
        Rendered rendered = rendered(set("many-nodes"));
        HorizontalPodAutoscaler scaler = rendered.one(HorizontalPodAutoscaler.class, "gateway-llmproxy");
        assertThat(scaler.getSpec().getMetrics().get(0).getPods().getMetric().getName())
                .isEqualTo("llmproxy_in_flight");
        assertThat(scaler.getSpec().getBehavior().getScaleDown().getStabilizationWindowSeconds())
                .isEqualTo(600);
        assertThat(rendered.deployment().getSpec().getReplicas()).isNull();
        Volume state = rendered.deployment().getSpec().getTemplate().getSpec().getVolumes().stream()
                .filter(volume -> volume.getName().equals("state"))
                .findFirst()
                .orElseThrow();
        assertThat(state.getEmptyDir()).isNull();
        assertThat(state.getEphemeral()).isNotNull();
    }

    @Test
    void rulesAndDashboardsAreThoseOfTheProject() throws IOException {
        Rendered rendered = rendered(set("monitored"));
        Map<String, Object> rules = new Yaml().load(Files.readString(Path.of("server/prometheus/rules.yml")));
        assertThat(rendered.ofKind("PrometheusRule"))
                .singleElement()
                .satisfies(rule -> assertThat(rule.get("spec")).isEqualTo(rules));
        Map<String, String> dashboards = new LinkedHashMap<>();
        try (Stream<Path> files = Files.list(Path.of("server/grafana/dashboards"))) {
            for (Path file : files.toList()) {
                dashboards.put(
                        file.getFileName().toString(), Files.readString(file).strip());
            }
        }
        Map<String, String> told = new HashMap<>(
                rendered.one(ConfigMap.class, "gateway-llmproxy-dashboards").getData());
        told.replaceAll((name, text) -> text.strip());
        assertThat(told).isEqualTo(dashboards);
        assertThat(rendered.ofKind("ServiceMonitor")).hasSize(1);
    }

    @Test
    void operatorsAreClosedOffAndHaveAHostOfTheirOwn() {
        Rendered rendered = rendered(set("exposed"));
        NetworkPolicy policy = rendered.one(NetworkPolicy.class, "gateway-llmproxy");
        assertThat(policy.getSpec().getIngress().get(0).getPorts())
                .extracting(port -> port.getPort().getValue())
                .containsExactly("llm", "internal");
        assertThat(policy.getSpec().getIngress().get(1).getFrom()).hasSize(1);
        assertThat(rendered.one(Ingress.class, "gateway-llmproxy-admin")
                        .getSpec()
                        .getRules()
                        .get(0)
                        .getHost())
                .isEqualTo("llm-admin.example.com");
        assertThat(rendered.deployment().getSpec().getTemplate().getSpec().getTerminationGracePeriodSeconds())
                .isEqualTo(80);
    }

    @Test
    void sentinelsStandInThePlaceOfRedis() {
        for (String set : List.of("store", "monitored")) {
            Rendered rendered = rendered(
                    set(set),
                    "redis.sentinel.master=main",
                    "redis.sentinel.nodes[0]=one",
                    "redis.sentinel.nodes[1]=two:26380",
                    "redis.sentinel.tls=true",
                    "redis.sentinel.password.secret=of-sentinels",
                    "redis.password.secret=of-redis");
            String own = Objects.requireNonNull(rendered.files().get("config.yaml"));
            RedisConfig redis = Objects.requireNonNull(
                    config(own, variables(rendered.container(), own)).redis());
            assertThat(Objects.requireNonNull(redis.password()).reveal()).isEqualTo("value-of-REDIS_PASSWORD");
            SentinelConfig sentinel = Objects.requireNonNull(redis.sentinel());
            assertThat(sentinel.master()).isEqualTo("main");
            assertThat(sentinel.nodes()).containsExactly("one", "two:26380");
            assertThat(sentinel.tls()).isTrue();
            assertThat(Objects.requireNonNull(sentinel.password()).reveal()).isEqualTo("value-of-SENTINEL_PASSWORD");
        }
    }

    @Test
    void aClusterStandsInThePlaceOfRedis() {
        for (String set : List.of("store", "monitored")) {
            Rendered rendered = rendered(
                    set(set),
                    "redis.cluster.nodes[0]=one",
                    "redis.cluster.nodes[1]=two:6380",
                    "redis.cluster.tls=true",
                    "redis.password.secret=of-redis");
            String own = Objects.requireNonNull(rendered.files().get("config.yaml"));
            RedisConfig redis = Objects.requireNonNull(
                    config(own, variables(rendered.container(), own)).redis());
            assertThat(Objects.requireNonNull(redis.password()).reveal()).isEqualTo("value-of-REDIS_PASSWORD");
            ClusterConfig cluster = Objects.requireNonNull(redis.cluster());
            assertThat(cluster.nodes()).containsExactly("one", "two:6380");
            assertThat(cluster.tls()).isTrue();
        }
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertThatThrownBy(() -> rendered(set("file"), "mode=stroe")).hasMessageContaining("mode");
        assertThatThrownBy(() -> rendered(set("file"), "replica=3")).hasMessageContaining("replica");
        assertThatThrownBy(() -> rendered(set("file"), "store.url=postgres://db"))
                .hasMessageContaining("url");
        assertThatThrownBy(() -> rendered(set("file"), "mode=store")).hasMessageContaining("store.url is needed");
        assertThatThrownBy(() -> rendered(set("exposed"), "adminIngress.host=llm.example.com"))
                .hasMessageContaining("a host of its own");
        assertThatThrownBy(() -> rendered(set("exposed"), "ingress.host="))
                .hasMessageContaining("ingress.host is needed");
    }
}
