package io.llmproxy.protocol;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An object in which a body names a model, or an array of such objects.
 *
 * @param names what its member that names the model is called; one spelling is as good as the other
 * @param members those of its members that are such places, too
 */
record ModelPlace(List<String> names, List<Member> members) {
    private static final List<String> MODEL = List.of("model");

    /** The outermost object, and nothing within it. */
    static final ModelPlace OUTERMOST = new ModelPlace(MODEL, List.of());

    private static final ModelPlace REQUEST = new ModelPlace(MODEL, List.of());
    private static final ModelPlace INLINED =
            REQUEST.as("request").as("requests").as("requests");

    /** The outermost object, and all that is one request of Google's; the second spelling is as good as the first. */
    static final ModelPlace GOOGLE = of(
            REQUEST.as("requests"),
            REQUEST.as("generateContentRequest"),
            REQUEST.as("generate_content_request"),
            of(INLINED.as("inputConfig"), INLINED.as("input_config")).as("batch"));

    /** A message to Responses: the outermost object, and what other sessions have in it. */
    static final ModelPlace RESPONSES = of(REQUEST.as("response"), REQUEST.as("session"));

    /** A message to Gemini Live, whose first one sets the session up. */
    static final ModelPlace LIVE = REQUEST.as("setup");

    /** The outermost object of a message, which says what it is where others name a model. */
    static final ModelPlace TYPE = new ModelPlace(List.of("type"), List.of());

    ModelPlace {
        names = List.copyOf(names);
        members = List.copyOf(members);
    }

    /** A member that is a place. */
    record Member(String name, ModelPlace place) {}

    private static ModelPlace of(ModelPlace... holders) {
        return new ModelPlace(
                MODEL,
                Stream.of(holders).flatMap(holder -> holder.members.stream()).toList());
    }

    /** Returns the object that has this one as its only such member. */
    private ModelPlace as(String name) {
        return new ModelPlace(MODEL, List.of(new Member(name, this)));
    }

    /** Whether the member whose name a scanner has just read names the model. */
    boolean isModel(JsonScanner scanner) {
        for (int index = 0; index < names.size(); index++) {
            if (scanner.isNamed(names.get(index))) {
                return true;
            }
        }
        return false;
    }

    /** Whether the member whose name a scanner has just read names the model for servers that do not tell case apart. */
    boolean isModelInOtherCase(JsonScanner scanner) {
        for (int index = 0; index < names.size(); index++) {
            if (scanner.isNamedIgnoringCase(names.get(index)) && !isModel(scanner)) {
                return true;
            }
        }
        return false;
    }

    /** Returns the place that is the value of the member whose name a scanner has just read, or null if it is none. */
    @Nullable ModelPlace member(JsonScanner scanner) {
        for (int index = 0; index < members.size(); index++) {
            if (scanner.isNamed(members.get(index).name)) {
                return members.get(index).place;
            }
        }
        return null;
    }
}
