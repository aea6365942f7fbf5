package io.llmproxy.protocol;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a request's body says of itself, as far as it decides where the request goes. */
public sealed interface RequestFacts {
    /**
     * The body is well-formed.
     *
     * @param model the model that it names, or null if it names none
     * @param inner the models that its parts name, in their order; empty if they were not asked for
     * @param stream whether it asks for a stream of events
     */
    record Read(@Nullable ModelField model, List<ModelField> inner, boolean stream) implements RequestFacts {
        /** What a body says. */
        public Read {
            inner = List.copyOf(inner);
        }

        /** Returns all models that it names, in the order of the body. */
        public List<ModelField> models() {
            return Stream.concat(Stream.ofNullable(model), inner.stream())
                    .sorted(Comparator.comparingLong(ModelField::start))
                    .toList();
        }
    }

    /**
     * The body cannot be trusted to mean the same to everyone who reads it, or ends too early.
     *
     * @param offset the number of bytes before the one that shows it
     */
    record Unreadable(Problem problem, long offset) implements RequestFacts {
        /** Returns a sentence for the client, which repeats nothing of the body. */
        public String message() {
            return problem.text + " (byte " + offset + ")";
        }
    }

    /** What may be wrong with a body. */
    enum Problem {
        /** It violates the grammar of JSON. */
        NOT_JSON("The request body is not valid JSON"),
        /** It is JSON, but an array or a mere value. */
        NOT_AN_OBJECT("The request body is not a JSON object"),
        /** A string of it is not UTF-8. */
        NOT_UTF8("The request body is not valid UTF-8"),
        /** More objects and arrays are open at once than anybody needs. */
        TOO_DEEP("The request body is nested too deeply"),
        /** It is said to be a form in several parts and is not, or in a way that parsers disagree on. */
        NOT_MULTIPART("The request body is not valid multipart/form-data"),
        /** Two members, or two fields of a form, are called {@code model}: who reads it could take either. */
        TWO_MODELS("The request body names \"model\" twice"),
        /** A member is called {@code Model}: some servers, those in Go among them, take it for {@code model}, and others do not. */
        MODEL_IN_OTHER_CASE("The request body spells \"model\" with capital letters"),
        /** Its parts name more models than anybody needs. */
        TOO_MANY_MODELS("The request body names too many models"),
        /** Two members, or two fields of a form, are called {@code stream}. */
        TWO_STREAMS("The request body names \"stream\" twice"),
        /** The model is a number or an object, or a file. */
        MODEL_NOT_A_STRING("\"model\" is not a string"),
        /** The model is the empty string. */
        EMPTY_MODEL("\"model\" is empty"),
        /** The model has more than {@link ModelField#LONGEST_NAME} characters. */
        MODEL_TOO_LONG("\"model\" is too long"),
        /** The model has control characters, or halves of characters. */
        MODEL_NOT_TEXT("\"model\" contains characters that are not allowed"),
        /** It ends before it is whole. */
        INCOMPLETE("The request body ends too early");

        private final String text;

        Problem(String text) {
            this.text = text;
        }
    }
}
