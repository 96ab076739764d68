# Broken: one cell does not parse, one never ends, two are right

# %% nbgrader={"grade_id": "dog_answer"}
class Dog:
    species = "Canis familiaris"

    def __init__(self, name, age):
        self.name = name
        self.age = age
        self.tricks = []

    def bark(self):
        return self.name + " says woof"

    def birthday(self):
        self.age += 1

    def add_trick(self, trick):
        self.tricks.append(trick)


# %% nbgrader={"grade_id": "person_answer"}
class Person
    def __init__(self, name, age):
        self.name = name
        self.age = age

# %% nbgrader={"grade_id": "animal_cat_answer"}
class Animal:
    def __init__(self, name):
        self.name = name

    def eat(self, food):
        return self.name + " eats " + food

    def speak(self):
        return "..."


class Cat(Animal):
    def __init__(self, name, colour):
        super().__init__(name)
        self.colour = colour

    def eat(self, food):
        return super().eat(food) + " and purrs"

    def speak(self):
        return "Meow"


# %% nbgrader={"grade_id": "account_answer"}
balance = 1
while balance != 0:
    balance = balance + 1
