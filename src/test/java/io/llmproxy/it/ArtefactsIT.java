package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.llmproxy.testing.Artefacts;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the WAR and the launcher carry beside their classes. */
class ArtefactsIT {
    private static Path artefact(String name) {
        return name.equals("war") ? Artefacts.war() : Artefacts.launcher();
    }

    private static String root(String name) {
        return name.equals("war") ? "WEB-INF/classes/" : "";
    }

    private static String text(ZipFile zip, String entry) throws IOException {
        ZipEntry found = zip.getEntry(entry);
        assertThat(found).as(entry).isNotNull();
        try (InputStream in = zip.getInputStream(found)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"war", "jar"})
    void ourLicenceAndAListOfPartsAreInIt(String name) throws IOException {
        try (ZipFile zip = new ZipFile(artefact(name).toFile())) {
            assertThat(text(zip, root(name) + "META-INF/LICENSE")).contains("MIT License");
            JsonNode parts = new ObjectMapper().readTree(text(zip, root(name) + "META-INF/sbom/llmproxy.cdx.json"));

            assertThat(parts.at("/bomFormat").asText()).isEqualTo("CycloneDX");
            List<String> names = parts.at("/components").findValuesAsText("name");
            assertThat(names)
                    .contains("jetty-client", "jetty-server", "snakeyaml")
                    .doesNotContain("assertj-core");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"war", "jar"})
    void whatEachLibrarySaysOfItsLicenceIsInIt(String name) throws IOException {
        Set<String> wanted = new HashSet<>();
        try (ZipFile war = new ZipFile(Artefacts.war().toFile())) {
            for (ZipEntry entry : war.stream().filter(ArtefactsIT::isLibrary).toList()) {
                try (InputStream in = war.getInputStream(entry)) {
                    wanted.addAll(notices(in.readAllBytes()));
                }
            }
        }
        try (ZipFile zip = new ZipFile(artefact(name).toFile())) {
            Set<String> carried = zip.stream()
                    .filter(entry -> !entry.isDirectory())
                    .filter(entry -> entry.getName().startsWith(root(name) + "META-INF/licenses/"))
                    .map(entry -> {
                        try {
                            return text(zip, entry.getName());
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .collect(Collectors.toSet());

            assertThat(wanted).hasSizeGreaterThan(3);
            assertThat(carried.containsAll(wanted)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"war", "jar"})
    void whatOldContainersBringIsNotInIt(String name) throws IOException {
        try (ZipFile zip = new ZipFile(artefact(name).toFile())) {
            assertThat(zip.stream().map(ZipEntry::getName))
                    .contains(root(name) + "META-INF/services/javax.servlet.ServletContainerInitializer")
                    .noneMatch(entry -> entry.contains("javax/servlet/") || entry.contains("javax.servlet-api"));
        }
    }

    private static boolean isLibrary(ZipEntry entry) {
        return entry.getName().startsWith("WEB-INF/lib/") && entry.getName().endsWith(".jar");
    }

    private static Set<String> notices(byte[] jar) throws IOException {
        Set<String> notices = new HashSet<>();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(jar))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                String name = entry.getName().toUpperCase(Locale.ROOT).replace("META-INF/", "");
                boolean notice = !entry.isDirectory() && (name.startsWith("LICENSE") || name.startsWith("NOTICE"));
                if (notice && !name.endsWith(".CLASS")) {
                    notices.add(new String(in.readAllBytes(), StandardCharsets.UTF_8));
                }
            }
        }
        return notices;
    }
}
