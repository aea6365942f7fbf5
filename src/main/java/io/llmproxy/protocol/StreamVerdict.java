package io.llmproxy.protocol;

import io.llmproxy.protocol.EventStreamReader.Part;
import io.llmproxy.protocol.JsonScanner.Token;

/**
 * Reads what the events of one stream say of the end of its answer: whether it is complete, and whether it failed. It is
 * given those events only that have something in them which may say so. Not safe for use by several threads at once.
 */
final class StreamVerdict {
    /** How deep the members lie that count, and a little more for servers that put an answer into an envelope. */
    private static final int DEEPEST = 5;

    /** How deep a choice's members lie. */
    private static final int CHOICE = 3;

    private static final String[] NO_REASONS = {
        "null", "FINISH_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED", "BLOCKED_REASON_UNSPECIFIED"
    };

    private final StreamApi api;
    private final EventStreamReader lines = new EventStreamReader();
    private final JsonScanner json = new JsonScanner(DEEPEST);

    private AnswerProgress progress;

    private byte[] bytes = {};
    private Form form = Form.NONE;
    private EndMember member = EndMember.OTHER;
    private boolean inChoices;
    private int choice;
    private int position;
    private boolean choiceFinished;
    private boolean answers;
    private boolean complains;
    private boolean strange;

    /** What an event's data is. */
    enum Form {
        /** There is none, but perhaps other fields. */
        NONE,
        /** A whole JSON object. */
        WHOLE,
        /** The beginning of a JSON object. */
        PART,
        /** Something else. */
        OTHER
    }

    /** @param asked how many choices the request asks for */
    StreamVerdict(StreamApi api, int asked) {
        this.api = api;
        this.progress = new AnswerProgress(asked, api != StreamApi.COHERE);
    }

    /** How far the answer has come by what the events so far say. */
    AnswerProgress progress() {
        return progress;
    }

    /** Goes on from there, as if the events since had not been read. */
    void resume(AnswerProgress earlier) {
        progress = earlier;
    }

    /** Reads the lines of an event; the last one may have no end. */
    Form read(byte[] source, int from, int to) {
        begin(source);
        lines.reset();
        lines.input(source, from, to);
        for (Part part = lines.next(); part != Part.MORE; part = lines.next()) {
            if (part == Part.VALUE) {
                value(lines.start(), lines.end());
            }
        }
        failIf(complains && !answers && !progress.isOver());
        return form == Form.NONE && strange ? Form.OTHER : form;
    }

    private void begin(byte[] source) {
        bytes = source;
        form = Form.NONE;
        member = EndMember.OTHER;
        inChoices = false;
        answers = false;
        complains = false;
        strange = false;
        json.reset();
    }

    private void value(int start, int end) {
        switch (lines.field()) {
            case DATA -> {
                json.input(bytes, start, end);
                data();
            }
            case EVENT -> failIf(is(start, end, "error"));
            case OTHER -> {
                // llama.cpp once told errors in a field of its own.
                boolean error = begins(start, end, "error:");
                failIf(error);
                strange |= !error;
            }
            case ID, RETRY, COMMENT -> {}
        }
    }

    private void data() {
        Token token = form == Form.OTHER ? Token.MORE : json.next();
        while (token != Token.MORE) {
            if (form == Form.NONE) {
                form = token == Token.OBJECT ? Form.PART : Form.OTHER;
            }
            take(token);
            token = form == Form.OTHER ? Token.MORE : json.next();
        }
    }

    private void take(Token token) {
        switch (token) {
            case NAME -> member = EndMember.of(api, json);
            case STRING -> string();
            case NUMBER -> number();
            case TRUE -> endIf(member == EndMember.STOP && json.depth() == 1);
            case FALSE -> recognizeIf(member == EndMember.STOP && json.depth() == 1);
            case OBJECT -> object();
            case ARRAY -> array();
            case END -> end();
            case NOT_JSON, NOT_UTF8, TOO_DEEP -> form = Form.OTHER;
            default -> {}
        }
    }

    private boolean isInChoice() {
        return inChoices && json.depth() == CHOICE;
    }

    private void string() {
        int start = json.position();
        int depth = json.depth();
        if (json.next() != Token.STRING_END) {
            return;
        }
        int end = json.position() - 1;
        boolean root = depth == 1;
        switch (member) {
            case FINISH -> finish(start, end);
            case BLOCK -> endIf(isReason(start, end));
            case TYPE -> type(root, start, end);
            case OBJECT -> failIf(root && is(start, end, "error"));
            case ERROR -> error((root || isInChoice()) && end > start);
            case COMPLAINT -> complains |= root && end > start;
            default -> {}
        }
        member = EndMember.OTHER;
    }

    private void finish(int start, int end) {
        if (!isReason(start, end)) {
            return;
        }
        failIf(is(start, end, "error"));
        if (api == StreamApi.COHERE) {
            // The event that has it says that it is the last one.
            failIf(begins(start, end, "ERROR") || is(start, end, "TIMEOUT"));
        } else if (isInChoice()) {
            choiceFinished = true;
        } else if (!inChoices) {
            progress.end();
        }
    }

    private void type(boolean root, int start, int end) {
        if (!root) {
            return;
        }
        switch (api) {
            case MESSAGES -> endIf(is(start, end, "message_stop"));
            case COHERE -> {
                recognizeIf(is(start, end, "message-start"));
                endIf(is(start, end, "message-end"));
            }
            default -> {
                endIf(is(start, end, "response.completed")
                        || is(start, end, "response.incomplete")
                        || is(start, end, "response.cancelled")
                        || is(start, end, "response.done"));
                failIf(is(start, end, "response.failed"));
            }
        }
        failIf(is(start, end, "error"));
    }

    private void number() {
        if (member == EndMember.INDEX && isInChoice()) {
            int index = 0;
            for (int at = json.position() - 1; at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9'; at++) {
                index = Math.min(10 * index + bytes[at] - '0', AnswerProgress.MOST_CHOICES - 1);
            }
            choice = index;
        }
        member = EndMember.OTHER;
    }

    private void object() {
        int depth = json.depth();
        if (member == EndMember.ERROR) {
            error(depth == 2 || (inChoices && depth == CHOICE + 1));
        } else if (inChoices && depth == CHOICE) {
            answers = true;
            choice = Math.min(position++, AnswerProgress.MOST_CHOICES - 1);
            choiceFinished = false;
        }
        member = EndMember.OTHER;
    }

    /** Where events have a type, that decides: a response that is complete may still tell of an error. */
    private void error(boolean told) {
        boolean typed = api == StreamApi.MESSAGES || api == StreamApi.RESPONSES;
        failIf(told && !typed);
        complains |= told && typed;
    }

    private void array() {
        if (json.depth() == 2 && member == EndMember.CHOICES) {
            inChoices = true;
            position = 0;
        } else if (json.depth() == 2 && member == EndMember.COMPLAINT) {
            complains = true;
        }
        member = EndMember.OTHER;
    }

    private void end() {
        int depth = json.depth();
        if (depth == 0) {
            form = Form.WHOLE;
        } else if (depth == 1) {
            inChoices = false;
        } else if (inChoices && depth == CHOICE - 1) {
            progress.choice(choice, choiceFinished);
        }
    }

    private void failIf(boolean told) {
        if (told) {
            progress.fail();
        }
    }

    private void endIf(boolean told) {
        if (told) {
            progress.end();
        }
    }

    private void recognizeIf(boolean told) {
        if (told) {
            progress.recognize();
        }
    }

    private boolean isReason(int start, int end) {
        boolean reason = end > start;
        for (String none : NO_REASONS) {
            reason &= !is(start, end, none);
        }
        return reason;
    }

    private boolean begins(int start, int end, String word) {
        return end - start >= word.length() && is(start, start + word.length(), word);
    }

    private boolean is(int start, int end, String word) {
        if (end - start != word.length()) {
            return false;
        }
        for (int index = 0; index < word.length(); index++) {
            if (bytes[start + index] != word.charAt(index)) {
                return false;
            }
        }
        return true;
    }
}
