package io.llmproxy.convert.codec;

import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.model.Part;
import io.llmproxy.convert.model.Source;
import java.util.ArrayList;
import java.util.List;

/** What tools gave, for dialects that take text only. */
public final class Results {
    private static final String ERROR = "Error: ";
    private static final String BELOW = "[image attached below]";

    private Results() {}

    /** Returns the text of a result; an error says that it is one. */
    public static String text(Part.ToolResult result) {
        String text = plain(result);
        return result.error() && !text.startsWith(ERROR) ? ERROR + text : text;
    }

    /** Returns the text of a result, with a line for each image that is told elsewhere. */
    public static String plain(Part.ToolResult result) {
        StringBuilder text = new StringBuilder();
        for (Part part : result.parts()) {
            String words = words(part);
            text.append(text.isEmpty() || words.isEmpty() ? "" : "\n").append(words);
        }
        return text.toString();
    }

    /** Returns the text of a result, without a word on what else there is. */
    public static String spoken(Part.ToolResult result) {
        List<Part> media = media(result);
        List<Part> texts = new ArrayList<>(result.parts());
        texts.removeAll(media);
        return plain(new Part.ToolResult(
                result.callId(), result.name(), texts, result.error(), result.custom(), null, result.at()));
    }

    /** Returns the parts of a result that are no text. */
    public static List<Part> media(Part.ToolResult result) {
        List<Part> media = new ArrayList<>(0);
        for (Part part : result.parts()) {
            if (part instanceof Part.Image || (part instanceof Part.Document document && !isText(document))) {
                media.add(part);
            }
        }
        return media;
    }

    /** Returns the text of a document that is text, with its title. */
    public static String text(Part.Document document) {
        String text = document.source() instanceof Source.PlainText plain ? plain.text() : "";
        return document.title() == null ? text : document.title() + "\n" + text;
    }

    /** Returns whether a document is text. */
    public static boolean isText(Part.Document document) {
        return document.source() instanceof Source.PlainText;
    }

    /** Returns the parts of a result, for dialects that take media there; an error says that it is one. */
    public static List<Part> told(Part.ToolResult result) {
        if (!result.error()) {
            return result.parts();
        }
        List<Part> told = new ArrayList<>(result.parts());
        if (told.get(0) instanceof Part.Text text) {
            String words = text.text().startsWith(ERROR) ? text.text() : ERROR + text.text();
            told.set(0, new Part.Text(words, text.citations(), text.cache(), text.opaque()));
        } else {
            told.add(0, new Part.Text(ERROR.strip()));
        }
        return told;
    }

    /** Returns the arguments of a custom tool, which is told as a function that takes one string. */
    public static String wrapped(String input) {
        return new Json.Obj().put("input", input).text();
    }

    private static String words(Part part) {
        if (part instanceof Part.Text text) {
            return text.text();
        }
        if (part instanceof Part.Document document && isText(document)) {
            return text(document);
        }
        return part instanceof Part.Foreign foreign ? foreign.raw().text() : BELOW;
    }
}
