package io.counterflow.cli.data;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Beginnings of small children's stories, put together from parts: the same seed gives the same ones, each once. */
final class StoryOpenings {

    private static final List<String> HEROES = List.of(
            "a girl named Lily",
            "a boy named Tom",
            "a girl named Mia",
            "a boy named Ben",
            "a girl named Sara",
            "a boy named Max",
            "a girl named Anna",
            "a boy named Sam",
            "a girl named Lucy",
            "a boy named Tim",
            "an old man named Joe",
            "a kind farmer",
            "a young baker",
            "a tired fisherman",
            "a clever fox",
            "a shy rabbit",
            "a brown dog named Spot",
            "a grey cat named Tabby",
            "a small green frog",
            "a proud rooster",
            "a hungry bear",
            "a slow turtle",
            "a noisy crow",
            "a baby elephant",
            "a little mouse",
            "a lonely robot",
            "a toy soldier",
            "a wooden doll",
            "a red train",
            "a friendly dragon");
    private static final List<String> MOODS = List.of(
            "who was always happy",
            "who was often sad",
            "who was afraid of the dark",
            "who loved to sing",
            "who never listened",
            "who was very curious",
            "who had no friends",
            "who liked to be alone",
            "who was bored",
            "who wanted to be brave",
            "who lost things all the time",
            "who told lies",
            "who could not sleep",
            "who was new in town",
            "who dreamed of flying",
            "who was proud of everything");
    private static final List<String> PLACES = List.of(
            "in a small village",
            "by the sea",
            "in a dark forest",
            "on a high hill",
            "in a big city",
            "on a quiet farm",
            "near a deep lake",
            "in an old castle",
            "in a tiny house",
            "at the edge of the desert",
            "under a bridge",
            "in a school",
            "in a garden full of weeds",
            "on a boat",
            "in a snowy valley");
    private static final List<String> EVENTS = List.of(
            "it began to rain",
            "there was a loud noise outside",
            "a letter came",
            "the lights went out",
            "the milk was gone",
            "a stranger knocked at the door",
            "the old tree fell down",
            "a bird flew in",
            "the toy was broken",
            "nobody was at home",
            "there was smoke in the air",
            "the river was frozen",
            "a key lay on the floor",
            "the dog ran away",
            "the cake was burnt",
            "the moon looked very big",
            "there was a hole in the fence",
            "the clock stopped");
    private static final List<String> FINDS = List.of(
            "a shiny coin",
            "a broken kite",
            "a heavy box",
            "a small egg",
            "a dirty shoe",
            "a map",
            "a sleeping bat",
            "a big red ball",
            "a torn book",
            "a lost glove",
            "a strange seed",
            "a bottle with a note",
            "an old lamp",
            "a wet kitten",
            "a pile of leaves",
            "a silver spoon");
    private static final List<String> SPEECH = List.of(
            "\"I do not want to go,\"",
            "\"Can you help me?\"",
            "\"This is mine,\"",
            "\"Look at that!\"",
            "\"I am sorry,\"",
            "\"Please wait for me,\"",
            "\"Who did this?\"",
            "\"Let us go home,\"",
            "\"I have an idea,\"",
            "\"Do not touch it,\"");
    private static final List<String> TIMES = List.of(
            "One morning",
            "One night",
            "One cold day",
            "One summer day",
            "One rainy afternoon",
            "On Monday",
            "Before breakfast",
            "After school",
            "Late in the evening",
            "On the first day of winter");

    private final SplittableRandom random;

    StoryOpenings(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** So many, all different, in an order that has nothing to do with how they are built. */
    List<String> take(int count) {
        Set<String> openings = new LinkedHashSet<>();
        while (openings.size() < count) {
            openings.add(next());
        }
        return new ArrayList<>(openings);
    }

    private String next() {
        String hero = any(HEROES);
        return switch (random.nextInt(8)) {
            case 0 -> "Once upon a time, there was %s %s.".formatted(hero, any(MOODS));
            case 1 ->
                "Once upon a time, %s, there lived %s. %s, %s.".formatted(any(PLACES), hero, any(TIMES), any(EVENTS));
            case 2 -> "%s, %s found %s %s.".formatted(any(TIMES), hero, any(FINDS), any(PLACES));
            case 3 -> "There was once %s %s. %s, %s.".formatted(hero, any(MOODS), any(TIMES), any(EVENTS));
            case 4 -> "%s, %s met %s %s. %s said".formatted(any(TIMES), hero, any(HEROES), any(PLACES), any(SPEECH));
            case 5 -> "%s lived %s and had %s.".formatted(capital(hero), any(PLACES), any(FINDS));
            case 6 -> "%s, %s, and %s %s got a fright.".formatted(any(TIMES), any(EVENTS), hero, any(MOODS));
            default -> "%s %s wanted %s more than anything.".formatted(capital(hero), any(PLACES), any(FINDS));
        };
    }

    private String any(List<String> parts) {
        return parts.get(random.nextInt(parts.size()));
    }

    private static String capital(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
