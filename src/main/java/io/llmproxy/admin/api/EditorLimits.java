package io.llmproxy.admin.api;

import io.llmproxy.config.OutboundProxyConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.document.Interpolation;
import io.llmproxy.config.document.Places;
import io.llmproxy.config.document.Places.Place;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What only the role admin may change of a configuration. Else an editor could become an admin, make the process write to any file, or
 * send what it cannot see, such as the key of an upstream or a variable of the process, to an address of its own.
 */
final class EditorLimits {
    private EditorLimits() {}

    /**
     * Refuses references to variables, files and stored secrets that would be sent to a host, or stand in a place, where the document
     * before did not have them.
     *
     * @param before the document that is changed
     * @param after what an editor wants
     */
    static void checkReferences(String before, String after) {
        check(before, after, EditorLimits::sent);
    }

    /**
     * The same of documents as they are stored, for references to variables and files only: what an editor has written in becomes a
     * stored secret there.
     */
    static void checkStored(String before, String after) {
        check(before, after, EditorLimits::ofProcess);
    }

    private static void check(String before, String after, Function<Place, Stream<Sent>> references) {
        Set<Sent> known = Places.of(before).stream().flatMap(references).collect(Collectors.toSet());
        List<Finding> strange = new ArrayList<>();
        for (Place place : Places.of(after)) {
            references
                    .apply(place)
                    .filter(sent -> !known.contains(sent))
                    .forEach(sent -> strange.add(finding(place, sent)));
        }
        refuse(
                strange,
                "Only the role admin may add references to variables, files or secrets, or move them to"
                        + " where their value goes to another host or is shown; nothing was changed.");
    }

    /**
     * A reference, and what becomes of what it stands for.
     *
     * @param destination the host that it is sent to
     * @param use where it stands, unless that is where secrets or URLs belong: what stands elsewhere, such as in a name, is told in logs,
     *     metrics and answers
     */
    private record Sent(String reference, String destination, List<String> use) {
        static Sent of(String reference, Place place) {
            List<String> use = place.isOf(Secret.class)
                    ? List.of("secret")
                    : place.isOf(URI.class) ? List.of("URL") : place.anywhere();
            return new Sent(reference, place.destination(), use);
        }
    }

    private static Stream<Sent> sent(Place place) {
        Stream<Sent> stored =
                Interpolation.secrets(place.text()).stream().map(name -> Sent.of("secret:" + name, place));
        return Stream.concat(ofProcess(place), stored);
    }

    private static Stream<Sent> ofProcess(Place place) {
        return Interpolation.ofProcess(place.text()).stream().map(name -> Sent.of(name, place));
    }

    private static Finding finding(Place place, Sent sent) {
        return new Finding(
                place.line(),
                place.path(),
                "${" + sent.reference
                        + "}: only the role admin may add a reference, or send it to another host or show it"
                        + " (expected: the value itself)");
    }

    /**
     * Refuses other operators, other files and other ways out of the node.
     *
     * @param before the document that is changed, as it is stored
     * @param after what an editor wants, as it would be stored
     */
    static void checkOwn(String before, String after) {
        Map<List<String>, Set<String>> were = own(Places.of(before));
        List<Place> places = Places.of(after);
        Map<List<String>, Set<String>> are = own(places);
        List<Finding> strange = new ArrayList<>(places.stream()
                .filter(place -> isOwn(place)
                        && !were.getOrDefault(place.where(), Set.of()).contains(place.text()))
                .map(place -> new Finding(
                        place.line(), place.path(), "only the role admin may change it (expected: as it was)"))
                .toList());
        were.keySet().stream()
                .filter(where -> !are.containsKey(where))
                .map(where -> new Finding(
                        null, String.join(".", where), "only the role admin may take it out (expected: as it was)"))
                .forEach(strange::add);
        refuse(strange, "Only the role admin may change operators, logs, files and proxies; nothing was changed.");
    }

    private static Map<List<String>, Set<String>> own(List<Place> places) {
        Map<List<String>, Set<String>> own = new HashMap<>();
        places.stream()
                .filter(EditorLimits::isOwn)
                .forEach(place -> own.computeIfAbsent(place.where(), where -> new HashSet<>())
                        .add(place.text()));
        return own;
    }

    private static boolean isOwn(Place place) {
        return place.isBelow("http_server", "admin")
                || place.isBelow("log")
                || place.isBelow("redis")
                || place.isBelow("store")
                || place.isIn(Path.class)
                || place.isIn(OutboundProxyConfig.class);
    }

    private static void refuse(List<Finding> strange, String detail) {
        if (!strange.isEmpty()) {
            throw new Refused(403, "forbidden", detail).with(strange);
        }
    }
}
